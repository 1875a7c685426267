/* SPDX-License-Identifier: MIT */
/* What the list of queues and the screens of one share. */
#include "queue_words.h"

const struct resource_row *queue_of(const struct app *app, const struct entity *entity)
{
    const struct model *model = app_model(app, entity->process);
    if (!model || entity->kind != ENTITY_RESOURCE)
        return NULL;
    return model_resource(model, (uint32_t)entity->id);
}

const struct pool *queue_pool(const struct app *app, const struct entity *entity)
{
    const struct model *model = app_model(app, entity->process);
    if (!model || entity->kind != ENTITY_POOL || entity->id >= model_pool_count(model))
        return NULL;
    return model_pool_at(model, (unsigned)entity->id);
}

uint64_t queue_waiters(const struct model *model, const struct resource_row *row)
{
    struct contention contention;
    uint64_t waiters = row->waiters_max ? row->waiters : row->info.waiters;
    if (contention_view(model, row, &contention) && contention.waiting > waiters)
        waiters = contention.waiting;
    return waiters;
}

uint32_t queue_holder(const struct resource_row *row)
{
    return row->hold_count ? row->holds[0].task : row->info.holder;
}

bool queue_link(const struct app *app, const struct entity *entity, enum request request,
                struct entity *out)
{
    const struct resource_row *row = queue_of(app, entity);
    *out = *entity;
    if (request == REQUEST_OPEN)
        return row || queue_pool(app, entity);
    if (request == REQUEST_GO_WAITERS)
        return row && queue_waiters(app_model(app, entity->process), row);
    *out = (struct entity){ENTITY_TASK, entity->process, row ? queue_holder(row) : 0, 0};
    return request == REQUEST_GO_TASK && out->id != 0;
}
