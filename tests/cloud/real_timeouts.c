/* libfaketime shortens the timeouts of epoll by its scale, so that a program which counts them on the monotonic
   clock, as every Rust runtime does, spins until the time is up. Loaded before libfaketime, this leaves them real. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

int epoll_pwait(int set, struct epoll_event *events, int most, int timeout, const sigset_t *mask) {
    return syscall(SYS_epoll_pwait, set, events, most, timeout, mask, _NSIG / 8);
}

int epoll_wait(int set, struct epoll_event *events, int most, int timeout) {
    return epoll_pwait(set, events, most, timeout, 0);
}
