// SPDX-License-Identifier: MIT
// The Node server under load: a small JSON answer, made anew for each request.
'use strict';
const http = require('http');

function answer(request, response) {
    const body = JSON.stringify({ path: request.url, list: [1, 2, 3], text: 'hello' });
    response.setHeader('Content-Type', 'application/json');
    response.setHeader('Content-Length', Buffer.byteLength(body));
    response.end(body);
}

const server = http.createServer(answer);
server.keepAliveTimeout = 0; // the load pauses while other servers have theirs
server.listen(Number(process.argv[2]), '127.0.0.1');
