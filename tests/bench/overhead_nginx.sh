#!/bin/sh
# SPDX-License-Identifier: MIT
# Becomes an nginx with one worker that serves a small file. Arguments: a folder to write to, a port.
set -eu
place=$1/nginx-$2
mkdir -p "$place"
head -c 1024 /dev/zero | tr '\0' x > "$place/index.html"
cat > "$place/nginx.conf" <<END
daemon off;
worker_processes 1;
user $(id -un);
pid $place/pid;
error_log /dev/null;
events { worker_connections 256; }
http {
    access_log off;
    sendfile on;
    keepalive_timeout 1d;
    keepalive_requests 1000000000;
    client_body_temp_path $place; proxy_temp_path $place; fastcgi_temp_path $place;
    uwsgi_temp_path $place; scgi_temp_path $place;
    server { listen 127.0.0.1:$2; root $place; }
}
END
PATH=$PATH:/usr/sbin
exec nginx -p "$place" -c "$place/nginx.conf"
