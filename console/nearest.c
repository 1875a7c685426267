/* SPDX-License-Identifier: MIT */
/* The name that somebody probably meant, for "did you mean": edit distance with transpositions
 * (Damerau 1964, restricted form). */
#include "nearest.h"

#include <string.h>

#define NAME_MAX_LENGTH 31 /* longer names are not compared: no command or option is that long */

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned distance_between(const char *a, const char *b)
{
    unsigned cost[NAME_MAX_LENGTH + 1][NAME_MAX_LENGTH + 1];
    unsigned rows = (unsigned)strlen(a), columns = (unsigned)strlen(b);
    for (unsigned i = 0; i <= rows; i++)
        cost[i][0] = i;
    for (unsigned j = 0; j <= columns; j++)
        cost[0][j] = j;
    for (unsigned i = 1; i <= rows; i++) {
        for (unsigned j = 1; j <= columns; j++) {
            unsigned change = cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            cost[i][j] = least(change, least(cost[i - 1][j], cost[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost[i][j] = least(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    }
    return cost[rows][columns];
}

struct nearest nearest_to(const char *wanted)
{
    /* A third of the letters may be wrong, but one always may. */
    unsigned length = (unsigned)strlen(wanted);
    return (struct nearest){.wanted = wanted, .distance = (length < 3 ? 1 : length / 3) + 1};
}

void nearest_offer(struct nearest *nearest, const char *name)
{
    if (strlen(nearest->wanted) > NAME_MAX_LENGTH || strlen(name) > NAME_MAX_LENGTH)
        return;
    unsigned distance = distance_between(nearest->wanted, name);
    if (distance < nearest->distance) {
        nearest->distance = distance;
        nearest->name = name;
    }
}
