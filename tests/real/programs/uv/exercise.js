// SPDX-License-Identifier: MIT
// Node on a libuv of its own or the system's: files, names, pbkdf2, timers, a server, a child, a worker
// with a second loop. What the process has open at its end goes to the file that OPEN_FILE names.
'use strict';
const { createHash, pbkdf2 } = require('crypto');
const { execFile } = require('child_process');
const dns = require('dns');
const fs = require('fs');
const net = require('net');
const { promisify } = require('util');
const { Worker } = require('worker_threads');

async function readFiles() {
    const bodies = [];
    for (let i = 0; i < 20; i++) bodies.push(await fs.promises.readFile(__filename));
    return createHash('md5').update(Buffer.concat(bodies)).digest('hex');
}

function lookUp() {
    return new Promise(resolve => dns.lookup('localhost', { family: 4 }, (_, address) => resolve(address)));
}

async function hashPasswords() {
    const hash = promisify(pbkdf2);
    const keys = await Promise.all([1, 2, 3, 4].map(n => hash('secret', `salt ${n}`, 20000, 16, 'sha256')));
    return keys.map(key => key.toString('hex')).join(' ');
}

function tick() {
    let left = 10;
    return new Promise(resolve => {
        const timer = setInterval(() => {
            if (--left === 0) { clearInterval(timer); resolve('ticked'); }
        }, 5);
    });
}

function echo() {
    return new Promise(resolve => {
        const server = net.createServer(socket => socket.pipe(socket));
        server.listen(0, '127.0.0.1', () => {
            const client = net.connect(server.address().port, '127.0.0.1');
            let got = '';
            client.on('data', data => { got += data; if (got.length === 5) client.end(); });
            client.on('close', () => server.close(() => resolve(got)));
            client.write('hello');
        });
    });
}

function inWorker() {
    const code = 'setTimeout(() => require("worker_threads").parentPort.postMessage("from a worker"), 30)';
    return new Promise(resolve => {
        const worker = new Worker(code, { eval: true });
        let message;
        worker.on('message', text => { message = text; });
        worker.on('exit', status => resolve(`${message}, ${status}`));
    });
}

function child() {
    return new Promise(resolve => execFile('/bin/echo', ['child'], (_, out) => resolve(out.trim())));
}

function sayOpen(path) {
    const open = [];
    for (const name of fs.readdirSync('/proc/self/fd')) {
        try { open.push('fd ' + fs.readlinkSync('/proc/self/fd/' + name)); } catch { /* the directory's own */ }
    }
    fs.writeFileSync(path, open.join('\n') + '\n' + fs.readFileSync('/proc/self/status'));
}

async function main() {
    for (const step of [readFiles, lookUp, hashPasswords, tick, echo, inWorker, child]) console.log(await step());
    sayOpen(process.env.OPEN_FILE);
}

main();
