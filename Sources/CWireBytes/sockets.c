// What libzmq does not offer about the connections that it owns.
#include "CWireBytes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

int64_t voxelnas_read_bytes(int descriptor) {
    struct tcp_info info;
    memset(&info, 0, sizeof info);
    socklen_t size = sizeof info;
    if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return -1;
    int waiting = 0;
    if (ioctl(descriptor, SIOCINQ, &waiting) != 0) waiting = 0;
    return (int64_t)info.tcpi_bytes_received - waiting;
}

int voxelnas_cut_connection(int descriptor) { return shutdown(descriptor, SHUT_RDWR); }

int voxelnas_abort_connection(int descriptor) {
    // On Linux this resets a TCP connection and throws away what it has brought: connect(2).
    struct sockaddr nowhere;
    memset(&nowhere, 0, sizeof nowhere);
    nowhere.sa_family = AF_UNSPEC;
    if (connect(descriptor, &nowhere, sizeof nowhere) == 0) return 0;
    return voxelnas_cut_connection(descriptor);
}

long voxelnas_allow_descriptors(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        (void)getrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit.rlim_cur > 1 << 30 ? 1 << 30 : (long)limit.rlim_cur;
}

int voxelnas_resolve(const char *host, char *text, size_t size) {
    struct addrinfo hints, *found = NULL;
    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    int status = getaddrinfo(host, NULL, &hints, &found);
    if (status != 0) {
        snprintf(text, size, "%s", gai_strerror(status));
        return 0;
    }
    const struct sockaddr_in *address = (const struct sockaddr_in *)(const void *)found->ai_addr;
    int ok = inet_ntop(AF_INET, &address->sin_addr, text, (socklen_t)size) != NULL;
    freeaddrinfo(found);
    return ok;
}

int voxelnas_try_port(const char *address, int port, int milliseconds) {
    struct sockaddr_in target;
    memset(&target, 0, sizeof target);
    target.sin_family = AF_INET;
    target.sin_port = htons((uint16_t)port);
    if (inet_pton(AF_INET, address, &target.sin_addr) != 1) return EINVAL;
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return errno;
    int result = 0;
    if (connect(descriptor, (const struct sockaddr *)&target, sizeof target) != 0) {
        result = errno;
        if (result == EINPROGRESS) {
            struct pollfd waiting = {.fd = descriptor, .events = POLLOUT};
            int ready = poll(&waiting, 1, milliseconds);
            socklen_t size = sizeof result;
            if (ready <= 0) {
                result = ETIMEDOUT;
            } else if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &result, &size) != 0) {
                result = errno;
            }
        }
    }
    close(descriptor);
    return result;
}
