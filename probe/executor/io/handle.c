/* SPDX-License-Identifier: MIT */
/* The list of open handles. */
#include "handle.h"

#include <stddef.h>
#include <stdio.h>

#include "executor/executor.h"

void handle_add(struct lsc_executor *executor, struct handle *handle, const char *kind,
                void (*close)(struct handle *handle))
{
    handle->kind = kind;
    handle->close = close;
    lock_take(&executor->handle_lock);
    handle->next = executor->handles;
    handle->link = &executor->handles;
    if (handle->next)
        handle->next->link = &handle->next;
    executor->handles = handle;
    lock_drop(&executor->handle_lock);
}

void handle_remove(struct lsc_executor *executor, struct handle *handle)
{
    lock_take(&executor->handle_lock);
    if (handle->link) {
        *handle->link = handle->next;
        if (handle->next)
            handle->next->link = handle->link;
        handle->link = NULL;
    }
    lock_drop(&executor->handle_lock);
}

static void complain(const struct handle *handle)
{
    char text[128];
    unsigned count = 0;
    for (const struct handle *other = handle; other; other = other->next)
        count++;
    if (count == 1)
        snprintf(text, sizeof(text), "deletes an executor with a %s open", handle->kind);
    else
        snprintf(text, sizeof(text), "deletes an executor with %u handles open, the last a %s",
                 count, handle->kind);
    misuse(NULL, text);
}

void handles_close(struct lsc_executor *executor)
{
    if (executor->handles)
        complain(executor->handles);
    while (executor->handles)
        executor->handles->close(executor->handles);
}
