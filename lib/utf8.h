/*
 * utf8 - UTF-8 as RFC 3629 has it; pure
 */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The length of the character at p, 1 to 4, and its code point; 0 at the end,
 * and where there is none (cut, overlong, a surrogate, beyond U+10FFFF).
 */
size_t utf8_next(const char *p, uint32_t *code);
bool utf8_is_valid(const char *text);
bool utf8_is_ascii(const char *text);

#endif
