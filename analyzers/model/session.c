/* SPDX-License-Identifier: MIT */
/* The processes of one item stream, in order of appearance. */
#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

#define SESSION_PROCESSES_MAX 4096

struct session {
    struct model **models; /* in order of appearance */
    unsigned count, room;
    struct model *by_index[SESSION_PROCESSES_MAX]; /* by the stream's index */
};

struct session *session_new(void)
{
    return calloc(1, sizeof(struct session));
}

void session_delete(struct session *session)
{
    if (!session)
        return;
    for (unsigned i = 0; i < session->count; i++)
        model_delete(session->models[i]);
    free(session->models);
    free(session);
}

static int add_process(struct session *session, uint32_t index)
{
    if (session->count == session->room) {
        unsigned room = session->room ? session->room * 2 : 4;
        struct model **models = realloc(session->models, room * sizeof(*models));
        if (!models)
            return -ENOMEM;
        session->models = models;
        session->room = room;
    }
    struct model *model = model_new();
    if (!model)
        return -ENOMEM;
    session->models[session->count++] = model;
    session->by_index[index] = model;
    return 0;
}

/* A process begins with its ITEM_PROCESS; anything of an unannounced one makes no sense. */
int session_apply(struct session *session, const struct item *item)
{
    if (item->process >= SESSION_PROCESSES_MAX)
        return -EPROTO;
    if (!session->by_index[item->process]) {
        if (item->kind != ITEM_PROCESS)
            return -EPROTO;
        int status = add_process(session, item->process);
        if (status < 0)
            return status;
    }
    return model_apply(session->by_index[item->process], item);
}

unsigned session_count(const struct session *session)
{
    return session->count;
}

const struct model *session_model(const struct session *session, unsigned index)
{
    return index < session->count ? session->models[index] : NULL;
}
