#include <string.h>

#include "judge.h"
#include "reply.h"
#include "stages.h"

/* With delay_checks everything is said at RCPT, but what is no address. */
static enum step
stage_connect(struct judge *j, const struct question *q, struct verdict *v)
{
	return (j->features & FEATURE_DELAY) != 0 ? STEP_NEXT
						  : judge_client(j, q, NULL, v);
}

static enum step
stage_mail(struct judge *j, const struct question *q, struct verdict *v)
{
	return (j->features & FEATURE_DELAY) != 0
		   ? judge_sender_syntax(j, q, v)
		   : judge_sender(j, q, q->sender, v);
}

static enum step
stage_other(struct judge *j, const struct question *q, struct verdict *v)
{
	(void)j;
	(void)q;
	(void)v;
	return STEP_NEXT;
}

static const struct {
	enum step (*judge)(
	    struct judge *, const struct question *, struct verdict *);
	const char *rule; /* of what nothing speaks against */
} stages[] = {
    [STAGE_CONNECT] = {stage_connect, "default:client"},
    [STAGE_MAIL] = {stage_mail, "default:sender"},
    [STAGE_RCPT] = {judge_rcpt, "default:recipient"},
    [STAGE_DISCONNECT] = {stage_other, "default:stage"},
    [STAGE_OTHER] = {stage_other, "default:stage"},
};

int
judge(struct judge *j, const struct question *q, struct verdict *v)
{
	struct tables *t = j->look.t;
	enum step got = STEP_ERROR;

	reply(v, VERDICT_PASS, "", stages[q->stage].rule);
	j->look.skip = (j->features & FEATURE_SKIP) != 0;
	j->look.dotdomain = (j->features & FEATURE_DOTDOMAIN) != 0;
	if (tables_begin(t) == 0) {
		if (look_refresh(&j->look) == 0)
			got = stages[q->stage].judge(j, q, v);
		tables_end(t);
	}
	if (got == STEP_ERROR)
		reply_text(v, NULL, REPLY_UNREADABLE, "default:unreadable");
	return got == STEP_ERROR ? -1 : got == STEP_PENDING ? 0 : 1;
}
