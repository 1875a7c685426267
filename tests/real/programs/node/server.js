// SPDX-License-Identifier: MIT
// A server on a Unix socket (argument 1) whose paths each block the event loop in one way, or use it
// as one should. It answers with the milliseconds that it spent, which the tests compare with the report.
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const { execSync } = require('child_process');

const [socketPath, fifoPath] = process.argv.slice(2);

function timed(work) {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

const derive = (rounds) => crypto.pbkdf2Sync('secret', 'salt', rounds, 64, 'sha512');
const rounds = Math.round(2000 * 200 / timed(() => derive(2000)));

function hashPassword() {
  crypto.pbkdf2Sync('secret', 'salt', rounds, 64, 'sha512');
}

function renderReport() {
  let sum = 0;
  const end = Date.now() + 200;
  while (Date.now() < end) for (let i = 0; i < 1e5; i++) sum = (sum * 31 + i) % 1000003;
  return sum;
}

function runHelper() {
  execSync('sleep 0.2');
}

function readFeed() {
  return fs.readFileSync(fifoPath);
}

function fillPool(answer) {
  const start = process.hrtime.bigint();
  let left = 64;
  for (let i = 0; i < 64; i++) {
    crypto.pbkdf2('secret', `salt ${i}`, Math.round(rounds / 20), 64, 'sha512', () => {
      left -= 1;
      if (left === 0) answer(Number(process.hrtime.bigint() - start) / 1e6);
    });
  }
}

const blocking = { '/hash': hashPassword, '/loop': renderReport, '/exec': runHelper, '/fifo': readFeed };

const server = http.createServer((request, response) => {
  const reply = (ms) => response.end(`${ms}\n`);
  if (blocking[request.url]) reply(timed(blocking[request.url]));
  else if (request.url === '/pool') fillPool(reply);
  else if (request.url === '/quit') {
    response.end('0\n');
    server.close();
    server.closeAllConnections();
    clearInterval(ticks);
  } else reply(0);
});
const ticks = setInterval(() => {}, 20);
server.listen(socketPath);
