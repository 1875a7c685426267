/* SPDX-License-Identifier: MIT */
/* The interposers of listen and bind. */
#include "real.h"

#include "sockets.h"

LSC_EXPORT int listen(int fd, int backlog)
{
    int result = real.listen(fd, backlog);
    if (result == 0)
        sockets_note_listen(fd);
    return result;
}

LSC_EXPORT int bind(int fd, const struct sockaddr *address, socklen_t length)
{
    int result = real.bind(fd, address, length);
    if (result == 0)
        sockets_note_bind(fd);
    return result;
}
