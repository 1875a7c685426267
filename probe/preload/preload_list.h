/* SPDX-License-Identifier: MIT */
/* The value of LD_PRELOAD. */
#ifndef LSC_PRELOAD_LIST_H
#define LSC_PRELOAD_LIST_H

/* Takes every word that names this library out of the list, in place; other preloads stay. */
void preload_list_cut(char *list);

#endif
