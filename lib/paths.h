/*
 * paths - where this installation lives
 *
 * Compiled in (CONFDIR and so on); if the environment names a folder in
 * POSTERN, everything lies in it: conf, queue, run, mail.  That makes a
 * throw-away instance, and is safe because no program here is set-id.
 */
#ifndef PATHS_H
#define PATHS_H

#define PATH_SIZE 1024

struct paths {
	char conf[PATH_SIZE];  /* tables and control files */
	char queue[PATH_SIZE]; /* mess/ and state/ */
	char run[PATH_SIZE];   /* sockets, see path_socket */
	char mail[PATH_SIZE];  /* mailboxes of accounts */
};

/* Exits 100 if POSTERN is not an absolute path that fits. */
void paths_find(struct paths *);

/* "dir/name" into out.  Exits 100 if it does not fit. */
void path_join(char out[PATH_SIZE], const char *dir, const char *name);

/*
 * Where a program listens: run/smtpd/access/socket and run/smtpd/inject/socket
 * (smtpd's root is run/smtpd), run/NAME/socket for qmgr, lspawn, remote and
 * bounce.
 */
void path_socket(char out[PATH_SIZE], const struct paths *, const char *name);

/* A program that was built, or installed, beside the one that runs. */
void path_beside(char out[PATH_SIZE], const char *program);

#endif
