// SPDX-License-Identifier: MIT
// A server on a Unix socket (argument 1) that computes for three seconds when it is asked to.
'use strict';

const http = require('http');

function computeTotals() {
  let sum = 0;
  const end = Date.now() + 3000;
  while (Date.now() < end) for (let i = 0; i < 1e5; i++) sum = (sum * 31 + i) % 1000003;
  return sum;
}

setInterval(() => {}, 20);
http.createServer((request, response) => {
  response.end(`${request.url === '/stall' ? computeTotals() : 0}\n`);
}).listen(process.argv[2], () => console.log('listening'));
