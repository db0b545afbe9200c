#include "face.h"

#include <err.h>

#include "exits.h"
#include "record.h"

static const char *const kinds[] = {
    [REWRITE_HEADER_SENDER] = "header-sender",
    [REWRITE_HEADER_RECIPIENT] = "header-recipient",
    [REWRITE_ENVELOPE_SENDER] = "envelope-sender",
};

enum {
	OPTION_LOCAL = 256,
	OPTION_KIND /* and more, in the order of enum rewrite_kind */
};

const struct option face_options[] = {
    {"header-sender", no_argument, NULL, OPTION_KIND + REWRITE_HEADER_SENDER},
    {"header-recipient", no_argument, NULL,
	OPTION_KIND + REWRITE_HEADER_RECIPIENT},
    {"envelope-sender", no_argument, NULL,
	OPTION_KIND + REWRITE_ENVELOPE_SENDER},
    {"local", no_argument, NULL, OPTION_LOCAL},
    {NULL, 0, NULL, 0},
};

bool
face_option(struct face *f, int option)
{
	if (option < OPTION_LOCAL)
		return false;
	if (option == OPTION_LOCAL) {
		f->local = true;
		return true;
	}
	f->asked = true;
	f->kind = (enum rewrite_kind)(option - OPTION_KIND);
	return true;
}

void
face_open(struct face *f, const char *confdir, FILE *trace)
{
	f->tables = tables_open(confdir, trace);
	f->rewriter = rewriter_open(f->tables);
}

void
face_close(struct face *f)
{
	rewriter_close(f->rewriter);
	tables_close(f->tables);
}

static void
print_record(const struct face *f, const char *address, const char *result,
    const char *rule)
{
	struct record r;

	record_init(&r, RECORD_QUESTION);
	if (record_add(&r, "address", address) == -1 ||
	    record_add(&r, "kind", kinds[f->kind]) == -1 ||
	    record_add(&r, "result", result) == -1 ||
	    (*rule != '\0' && record_add(&r, "rule", rule) == -1))
		err(EXIT_PERM, "%s", address);
	if (record_print(stdout, &r) == -1)
		err(EXIT_TEMP, "standard output");
	record_free(&r);
}

int
face_ask(struct face *f, const char *address)
{
	char result[ADDR_SIZE], rule[RULE_SIZE];
	int got = rewriter_begin(f->rewriter);

	if (got != -1) {
		got = rewrite(
		    f->rewriter, f->kind, f->local, address, result, rule);
		rewriter_end(f->rewriter);
	}
	if (got == -1) {
		warnx("%s: %s", address, f->tables->reason);
		return EXIT_TEMP;
	}
	if (f->records)
		print_record(f, address, result, rule);
	else
		printf("%s\t%s\t%s\t%s\n", address, kinds[f->kind], result,
		    *rule != '\0' ? rule : "-");
	return 0;
}
