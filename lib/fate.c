#include "fate.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {"done", "deferred", "failed"};

/* A reason may quote a file name or a program's words: keep it one line. */
static void
tame(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			*text = '?';
}

void
fate_set(struct fate *f, enum fate_class class, const char *status,
    const char *format, ...)
{
	va_list ap;

	f->class = class;
	(void)snprintf(f->status, sizeof(f->status), "%s", status);
	va_start(ap, format);
	(void)vsnprintf(f->text, sizeof(f->text), format, ap);
	va_end(ap);
	tame(f->text);
}

static const char *
errno_status(int error)
{
	switch (error) {
	case EDQUOT:
	case EFBIG:
		return "4.2.2";
	case ENOSPC:
		return "4.3.1";
	default:
		return "4.3.0";
	}
}

void
fate_errno(struct fate *f, const char *what)
{
	int error = errno;

	fate_set(f, FATE_DEFERRED, errno_status(error), "%s: %s", what,
	    strerror(error));
}

const char *fate_name(enum fate_class class)
{
	return names[class];
}

void
fate_tell(const struct fate *f, struct record *r)
{
	/* Cannot be refused: the class is a word, the others were tamed. */
	(void)record_add(r, "class", names[f->class]);
	(void)record_add(r, "status", f->status);
	(void)record_add(r, "text", f->text);
}

void
fate_hear(struct fate *f, const struct record *r)
{
	const char *class = record_text(r, "class");
	int i;

	for (i = FATE_DONE; i <= FATE_FAILED; i++)
		if (strcmp(class, names[i]) == 0) {
			fate_set(f, (enum fate_class)i,
			    record_text(r, "status"), "%s",
			    record_text(r, "text"));
			return;
		}
	fate_set(f, FATE_DEFERRED, "4.3.0", "an answer without a class");
}
