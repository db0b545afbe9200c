#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "walls.h"

/*
 * By hand, not by libseccomp: a list of numbers needs two instructions each,
 * and where a program starts for each user its quarter of a millisecond counts.
 */
#if defined(__x86_64__) && !defined(__ILP32__)
#define NATIVE  AUDIT_ARCH_X86_64
#define FOREIGN 0x40000000 /* numbers from here on are x32's */
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define NATIVE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define NATIVE AUDIT_ARCH_RISCV64
#endif

#ifndef NATIVE

int
walls_calls(const struct walls *w)
{
	(void)w;
	errno = ENOSYS;
	return -1;
}

#else

/* --- what is denied ------------------------------------------------------- */

/* None of ours needs these, whatever it is, once it is set up. */
static const unsigned never[] = {
    /* other programs */
    __NR_ptrace,
    __NR_process_vm_readv,
    __NR_process_vm_writev,
    __NR_kcmp,
    __NR_pidfd_getfd,
    __NR_execve,
    __NR_execveat,
    /* file systems and name spaces */
    __NR_mount,
    __NR_umount2,
    __NR_move_mount,
    __NR_open_tree,
    __NR_fsopen,
    __NR_fsconfig,
    __NR_fsmount,
    __NR_fspick,
    __NR_mount_setattr,
    __NR_pivot_root,
    __NR_chroot,
    __NR_unshare,
    __NR_setns,
    __NR_open_by_handle_at,
    __NR_quotactl,
    __NR_quotactl_fd,
    __NR_acct,
    __NR_swapon,
    __NR_swapoff,
    __NR_fanotify_init,
    __NR_truncate, /* by name, which Landlock 2 lets pass */
    /* the machine */
    __NR_init_module,
    __NR_finit_module,
    __NR_delete_module,
    __NR_kexec_load,
    __NR_reboot,
    __NR_settimeofday,
    __NR_clock_settime,
    __NR_clock_adjtime,
    __NR_adjtimex,
    __NR_sethostname,
    __NR_setdomainname,
    __NR_syslog,
    __NR_personality,
    __NR_vhangup,
    /* corners of the kernel where the holes are */
    __NR_bpf,
    __NR_perf_event_open,
    __NR_userfaultfd,
    __NR_keyctl,
    __NR_add_key,
    __NR_request_key,
    __NR_io_uring_setup,
    __NR_io_uring_enter,
    __NR_io_uring_register,
    __NR_move_pages,
    __NR_migrate_pages,
    /* being somebody else */
    __NR_setuid,
    __NR_setgid,
    __NR_setreuid,
    __NR_setregid,
    __NR_setresuid,
    __NR_setresgid,
    __NR_setgroups,
    __NR_setfsuid,
    __NR_setfsgid,
    __NR_capset,
    /* a door of its own: all that listen have done so */
    __NR_listen,
#ifdef __NR_kexec_file_load
    __NR_kexec_file_load,
#endif
#ifdef __NR_iopl
    __NR_iopl,
    __NR_ioperm,
    __NR_modify_ldt,
#endif
};

/* clone is looked at by its flags. */
static const unsigned forking[] = {
    __NR_clone3,
#ifdef __NR_fork
    __NR_fork,
    __NR_vfork,
#endif
};

#define NAMESPACES                                                             \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |         \
	    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

/* --- the program ---------------------------------------------------------- */

#define MOST 512
#define ARGUMENT                                                               \
	offsetof(struct seccomp_data, args) /* the low half: little endian */

struct filter {
	unsigned short count;
	struct sock_filter code[MOST];
};

static void
put(struct filter *f, unsigned code, unsigned k, unsigned yes, unsigned no)
{
	f->code[f->count++] = (struct sock_filter){
	    (unsigned short)code, (unsigned char)yes, (unsigned char)no, k};
}

static void
load(struct filter *f, size_t offset)
{
	put(f, BPF_LD | BPF_W | BPF_ABS, (unsigned)offset, 0, 0);
}

static void
deny(struct filter *f, int error)
{
	put(f, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error, 0, 0);
}

static void
allow(struct filter *f)
{
	put(f, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
}

/* If what is loaded is k, go on with the next instruction, else behind it. */
static void
deny_if(struct filter *f, unsigned k, int error)
{
	put(f, BPF_JMP | BPF_JEQ | BPF_K, k, 0, 1);
	deny(f, error);
}

/* A number of another architecture means another call. */
static void
begin(struct filter *f)
{
	load(f, offsetof(struct seccomp_data, arch));
	put(f, BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0);
	deny(f, EPERM);
	load(f, offsetof(struct seccomp_data, nr));
#ifdef FOREIGN
	put(f, BPF_JMP | BPF_JGE | BPF_K, FOREIGN, 0, 1);
	deny(f, EPERM);
#endif
}

static void
list(struct filter *f, const unsigned *calls, size_t count, int error)
{
	size_t i;

	for (i = 0; i < count; i++)
		deny_if(f, calls[i], error);
}

/*
 * Without clone3, whose flags cannot be seen, libc takes clone.  Each of these
 * leaves what it loaded by a return, so the number is still there behind it.
 */
static void
processes(struct filter *f, bool may)
{
	list(f, forking, may ? 1 : sizeof(forking) / sizeof(*forking),
	    may ? ENOSYS : EPERM);
	if (!may) {
		deny_if(f, __NR_clone, EPERM);
		return;
	}
	put(f, BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 0, 4);
	load(f, ARGUMENT);
	put(f, BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 0, 1);
	deny(f, EPERM);
	allow(f);
}

/* libc and libunbound ask the kernel for addresses by netlink. */
static void
sockets(struct filter *f, bool net, bool local)
{
	unsigned skip = f->count;

	put(f, BPF_JMP | BPF_JEQ | BPF_K, __NR_socket, 0, 0);
	load(f, ARGUMENT);
	if (!net) {
		deny_if(f, AF_INET, EPERM);
		deny_if(f, AF_INET6, EPERM);
	}
	if (!local)
		deny_if(f, AF_UNIX, EPERM);
	put(f, BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 1, 0);
	put(f, BPF_JMP | BPF_JGT | BPF_K, AF_INET6, 1, 0);
	allow(f);
	deny(f, EPERM);
	f->code[skip].jf = (unsigned char)(f->count - skip - 1);
}

int
walls_calls(const struct walls *w)
{
	struct filter f = {0};
	struct sock_fprog program = {.filter = f.code};

	if (WALLS_SANITIZED)
		return 0;
	begin(&f);
	list(&f, never, sizeof(never) / sizeof(*never), EPERM);
	processes(&f, (w->may & WALLS_FORK) != 0);
	sockets(&f, (w->may & WALLS_NET) != 0, (w->may & WALLS_UNIX) != 0);
	allow(&f);
	program.len = f.count;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
		return 0;
	if (errno == EINVAL) /* a kernel that was built without */
		errno = ENOSYS;
	return -1;
}

#endif
