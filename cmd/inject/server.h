/*
 * server - what the parts of the server share: its state and its clients
 *
 * serve.c hears the clients, slow.c has helpers do what takes long for them,
 * commit.c makes their messages durable and answers.
 */
#ifndef SERVER_H
#define SERVER_H

#include <event2/event.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "conn.h"
#include "message.h"
#include "notify.h"
#include "recover.h"

enum client_state {
	IDLE,      /* may ask */
	GATHERING, /* its message is arriving */
	READY,     /* whole: waits for a batch, or is in it */
	WAITING    /* for a helper */
};

struct client {
	TAILQ_ENTRY(client) all, queue;
	struct server *server;
	struct conn *conn; /* NULL: gone, but a helper is at work for it */
	struct caller caller;
	enum client_state state;
	struct message *message; /* while there is one */
	unsigned jobs;           /* that helpers do for it */
	size_t gathered;         /* of its content, in memory */
	uint64_t synced;         /* of a big content, or being synced */
	uint32_t segment;        /* to be recycled */
	char spare[SPARE_NAME];  /* its name then; "": it is removed */
};

TAILQ_HEAD(clients, client);

struct server {
	const struct settings *settings;
	struct event_base *base;
	struct conn_listener *listener; /* freed when ending */
	struct mess mess;
	struct store store;
	bool lean; /* its segment came from the reserve: for moved mail */
	struct spares spares;
	struct big_places big;
	struct helpers *helpers;
	struct notify *notify;
	struct clients all, ready;
	unsigned count, most; /* of all */
	size_t gathered;      /* of their contents, in memory */
	struct event *commit, *deadline;
	uid_t smtpd, bounce, qmgr;
	bool ending;
};

/* serve.c */
void client_free(struct client *);
/* Answer what it asked; its message is over.  kept: and on disk. */
void client_answer(struct client *, const struct record *, bool kept);
void client_refuse(struct client *, const struct verdict *);

/* slow.c */
/* A big content has grown: sync it as it comes, hold it if it is too fast. */
void slow_gather(struct client *);
/* A big content is whole: to be published, then READY. */
void slow_publish(struct client *);
/* damaged: what is in it must be kept, so it is set aside. */
void slow_recycle(struct client *, const struct record *question, bool damaged);

/* commit.c */
void commit_init(struct server *);
/* The client's message is whole. */
void commit_ready(struct client *);
/* It no longer is to be written. */
void commit_forget(struct client *);
/* Spares have come, or can't come: what waited for them may go on. */
void commit_resume(struct server *);

#endif
