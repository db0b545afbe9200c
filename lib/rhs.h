/*
 * rhs - what the right side of a table's entry says
 *
 * The words and error texts of sendmail's access table, and the error: of
 * virtusertable and mailertable.  Pure.
 */
#ifndef RHS_H
#define RHS_H

#include <stdbool.h>
#include <stddef.h>

#define RHS_TEXT 512

enum rhs_kind {
	RHS_OK,
	RHS_RELAY,
	RHS_REJECT,
	RHS_DISCARD,
	RHS_QUARANTINE, /* text: the reason */
	RHS_ERROR       /* code, status, text: the reply */
};

struct rhs {
	enum rhs_kind kind;
	char code[4];
	char status[12];
	char text[RHS_TEXT];
};

/* A value of access. */
void rhs_parse(const char *value, struct rhs *);
/* Is the whole value this word, in any case, blanks around it aside? */
bool rhs_is(const char *value, const char *word);
/*
 * "D.S.N:550 text", "550 5.7.1 text", "550 text" or "text" behind an error:;
 * always RHS_ERROR.
 */
void rhs_error(const char *text, struct rhs *);
/* The same with a keyword in front that parting takes off: "nouser 550 x". */
void rhs_keyword_error(const char *text, char parting, struct rhs *);

/* A reply of our own: "550 5.7.1 text", taken as it stands. */
void rhs_reply(const char *reply, struct rhs *);

/*
 * %0 to %3 replaced by args (NULL: nothing), %% by %.  false if it does not
 * fit.
 */
bool rhs_expand(
    const char *pattern, const char *const args[4], char *out, size_t size);

/* Does sendmail put "<address>... " before the text of a reply of that code? */
bool rhs_is_prefixed(const char *code);

#endif
