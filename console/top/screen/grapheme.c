/* SPDX-License-Identifier: MIT */
/* Untrusted bytes as a row of things that each fill one or two cells. Terminals disagree about what
 * is not plainly one or two cells wide, so that whatever could make them disagree never reaches
 * one: joiners, variation selectors and skin tones are left out, everything else that steers
 * instead of being seen (controls, bidi and other format characters, separators), and what Unicode
 * has not assigned or leaves to fonts, is a '?'. */
#include "grapheme.h"

#include <string.h>
#include <unictype.h>
#include <unistr.h>
#include <uniwidth.h>

enum character_class {
    CLASS_PLAIN,
    CLASS_MARK,     /* drawn into the cell before it */
    CLASS_LEFT_OUT, /* means nothing by itself */
    CLASS_BAD,
};

/* What the console's own texts use beyond ASCII, for screens without Unicode. */
static const struct {
    ucs4_t character;
    char ascii;
} twins[] = {
    {0x00b5, 'u'},  {0x03bc, 'u'},  {0x00b7, '.'}, {0x00d7, 'x'}, {0x2013, '-'}, {0x2014, '-'},
    {0x2018, '\''}, {0x2019, '\''}, {0x201c, '"'}, {0x201d, '"'}, {0x2022, '*'}, {0x2026, '~'},
    {0x2190, '<'},  {0x2191, '^'},  {0x2192, '>'}, {0x2193, 'v'}, {0x2264, '<'}, {0x2265, '>'},
    {0x2500, '-'},  {0x2502, '|'},  {0x2514, '`'}, {0x251c, '|'}, {0x25b2, '^'}, {0x25bc, 'v'},
    {0x00a0, ' '},  {0x202f, ' '},  {0x2588, '#'},
};

static bool is_left_out(ucs4_t character)
{
    return character == 0x200c || character == 0x200d ||     /* joiners */
           (character >= 0xfe00 && character <= 0xfe0f) ||   /* variation selectors */
           (character >= 0x1f3fb && character <= 0x1f3ff) || /* skin tones */
           (character >= 0xe0100 && character <= 0xe01ef);   /* variation selectors */
}

static bool is_bad(ucs4_t character)
{
    const uint32_t unseen = UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf | UC_CATEGORY_MASK_Cs |
                            UC_CATEGORY_MASK_Co | UC_CATEGORY_MASK_Cn | UC_CATEGORY_MASK_Zl |
                            UC_CATEGORY_MASK_Zp;
    return uc_is_general_category_withtable(character, unseen) ||
           (character >= 0x1f1e6 && character <= 0x1f1ff) || /* halves of flags */
           uc_is_property_default_ignorable_code_point(character);
}

static enum character_class class_of(ucs4_t character)
{
    if (is_left_out(character))
        return CLASS_LEFT_OUT;
    if (is_bad(character))
        return CLASS_BAD;
    int width = uc_width(character, "UTF-8");
    if (width < 0)
        return CLASS_BAD;
    return width == 0 ? CLASS_MARK : CLASS_PLAIN;
}

struct character {
    ucs4_t code;
    unsigned length; /* in bytes */
    enum character_class class;
};

/* There is at least one byte left. */
static struct character look_at(const struct grapheme_reader *reader)
{
    unsigned char first = (unsigned char)*reader->at;
    if (first < 0x80) {
        bool is_plain = first >= ' ' && first != 0x7f;
        return (struct character){first, 1, is_plain ? CLASS_PLAIN : CLASS_BAD};
    }
    ucs4_t code;
    int length = u8_mbtoucr(&code, (const uint8_t *)reader->at, (size_t)(reader->end - reader->at));
    if (length <= 0)
        return (struct character){'?', 1, CLASS_BAD};
    return (struct character){code, (unsigned)length, class_of(code)};
}

static char twin_of(ucs4_t character)
{
    for (size_t i = 0; i < sizeof twins / sizeof *twins; i++) {
        if (twins[i].character == character)
            return twins[i].ascii;
    }
    return '?';
}

static void be_ascii(struct grapheme *out, char character)
{
    out->text[0] = character;
    out->text[1] = '\0';
    out->width = 1;
}

static void begin(const struct grapheme_reader *reader, const struct character *base,
                  struct grapheme *out)
{
    if (base->class != CLASS_PLAIN) {
        be_ascii(out, '?'); /* a mark without a base, too: it must not alter what others drew */
    } else if (base->code < 0x80) {
        be_ascii(out, (char)base->code);
    } else if (!reader->use_unicode) {
        be_ascii(out, twin_of(base->code));
    } else {
        memcpy(out->text, reader->at, base->length);
        out->text[base->length] = '\0';
        out->width = (unsigned)uc_width(base->code, "UTF-8");
    }
}

/* Marks stay with what they are drawn on; those beyond its cell are dropped. */
static void take_marks(struct grapheme_reader *reader, struct grapheme *out)
{
    size_t used = strlen(out->text);
    while (reader->at < reader->end && (unsigned char)*reader->at >= 0x80) {
        struct character next = look_at(reader);
        if (next.class != CLASS_MARK && next.class != CLASS_LEFT_OUT)
            return;
        if (next.class == CLASS_MARK && reader->use_unicode && used + next.length < CELL_BYTES) {
            memcpy(out->text + used, reader->at, next.length);
            used += next.length;
            out->text[used] = '\0';
        }
        reader->at += next.length;
    }
}

bool grapheme_next(struct grapheme_reader *reader, struct grapheme *out)
{
    while (reader->at < reader->end) {
        struct character base = look_at(reader);
        if (base.class == CLASS_LEFT_OUT) {
            reader->at += base.length;
            continue;
        }
        begin(reader, &base, out);
        reader->at += base.length;
        take_marks(reader, out);
        return true;
    }
    return false;
}
