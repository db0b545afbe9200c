#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <err.h>

#include "compare.h"
#include "exits.h"
#include "history.h"

struct comparison {
	struct desk *now, *then;
	unsigned long long asked, different;
	char *text; /* of the record that is read */
	size_t len;
};

static void
print_one(const char *before, const char *value, const char *after)
{
	if (value != NULL)
		printf("%s%s%s", before, value, after);
}

static void
print_question(const struct record *question)
{
	print_one("client ", record_get(question, "client_address"), "");
	print_one(" [", record_get(question, "client_name"), "]");
	print_one(" from <", record_get(question, "sender"), ">");
	print_one(" to <", record_get(question, "recipient"), ">");
	putchar('\n');
}

static void
print_verdict(const struct desk *d, const struct verdict *v)
{
	printf("\t%s: %s (%s)\n", d->dir, v->action, v->rule);
}

static void
ask_both(const struct record *question, void *arg)
{
	struct comparison *c = arg;
	struct verdict now, then;
	struct question q;
	const char *why = question_read(question, &q);

	if (why != NULL) {
		warnx("question %llu: %s", c->asked + 1, why);
		return;
	}
	c->asked++;
	desk_wait(c->now, &q, &now);
	desk_wait(c->then, &q, &then);
	if (strcmp(now.action, then.action) == 0)
		return;
	c->different++;
	print_question(question);
	print_verdict(c->now, &now);
	print_verdict(c->then, &then);
}

/* The lines of a record so far, ended by an empty one. */
static void
take_record(struct comparison *c, FILE *text)
{
	struct record question;
	ssize_t took;

	fputc('\n', text);
	if (fflush(text) == EOF)
		err(EXIT_TEMP, "question");
	record_init(&question, RECORD_QUESTION);
	took = record_parse(&question, c->text, (size_t)ftello(text));
	if (took > 0)
		ask_both(&question, c);
	else
		warnx("question %llu: malformed", c->asked + 1);
	record_free(&question);
	rewind(text);
}

static void
read_questions(struct comparison *c, char **line, size_t *room)
{
	FILE *text = open_memstream(&c->text, &c->len);

	if (text == NULL)
		err(EXIT_TEMP, "question");
	do {
		if (**line != '\n')
			fputs(*line, text);
		else if (ftello(text) > 0)
			take_record(c, text);
	} while (getline(line, room, stdin) != -1);
	if (ftello(text) > 0)
		take_record(c, text);
	fclose(text);
	free(c->text);
}

static void
read_log(struct comparison *c, char **line, size_t *room)
{
	struct history *h = history_new(ask_both, c);

	do
		history_line(h, *line);
	while (getline(line, room, stdin) != -1);
	history_free(h);
}

/* A record begins with "name=", a line of a log with a word or a time. */
static bool
is_field(const char *line)
{
	size_t n = strspn(line, "abcdefghijklmnopqrstuvwxyz_");

	return n > 0 && line[n] == '=';
}

int
compare(struct desk *now, struct desk *then)
{
	struct comparison c = {.now = now, .then = then};
	char *line = NULL;
	size_t room = 0;

	if (getline(&line, &room, stdin) != -1) {
		if (is_field(line))
			read_questions(&c, &line, &room);
		else
			read_log(&c, &line, &room);
	}
	if (ferror(stdin))
		err(EXIT_TEMP, "standard input");
	free(line);
	printf("%llu asked, %llu different\n", c.asked, c.different);
	if (fflush(stdout) == EOF)
		err(EXIT_TEMP, "standard output");
	return c.different > 0;
}
