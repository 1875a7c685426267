// SPDX-License-Identifier: MIT
// Wrong: every login hashes its password with pbkdf2Sync, some 200 ms on the event loop.
//
// loopscope must say: cpu-stall in hashPassword, this file. The healthy twin (`node slow_login.js
// healthy`) uses crypto.pbkdf2, which runs on the thread pool.
'use strict';

const crypto = require('crypto');

const healthy = process.argv[2] === 'healthy';
const LOGINS = 4;

function timed(work) {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start);
}

const hash = (rounds) => crypto.pbkdf2Sync('secret', 'salt', rounds, 64, 'sha512');
const rounds = Math.round(2000 * 200e6 / timed(() => hash(2000)));

let held = 0;

function hashPassword(password) {
  return crypto.pbkdf2Sync(password, 'salt', rounds, 64, 'sha512');
}

function login(n) {
  if (healthy) crypto.pbkdf2(`secret ${n}`, 'salt', rounds, 64, 'sha512', () => finish(n));
  else {
    held += timed(() => hashPassword(`secret ${n}`));
    finish(n);
  }
}

function finish(n) {
  if (n + 1 < LOGINS) setTimeout(login, 50, n + 1);
  else {
    clearInterval(ticks);
    console.log(`held ${healthy ? 0 : LOGINS} times ${(held / 1e6).toFixed(1)} ms`);
  }
}

const ticks = setInterval(() => {}, 10);
setTimeout(login, 200, 0);
