/* lookup KIND NAME…: what getaddrinfo says. KIND: any, v4, v6. For each pair a line: kind, name, milliseconds, error or
 * -, addresses; tabs between. Built with both glibc and musl. */
#define _GNU_SOURCE /* EAI_NODATA */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static long now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static const char* error_name(int code) {
  switch (code) {
    case 0:
      return "-";
    case EAI_NONAME:
      return "absent";
    case EAI_AGAIN:
      return "again";
    case EAI_FAIL:
      return "fail";
    case EAI_NODATA:
      return "nodata";
    default:
      return gai_strerror(code);
  }
}

static void look_up(const char* kind, const char* name) {
  struct addrinfo hints, *found = NULL;
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_family = strcmp(kind, "v4") == 0 ? AF_INET : strcmp(kind, "v6") == 0 ? AF_INET6 : AF_UNSPEC;
  const long start = now_ms();
  const int code = getaddrinfo(name, NULL, &hints, &found);
  printf("%s\t%s\t%ld\t%s", kind, name, now_ms() - start, error_name(code));
  for (struct addrinfo* each = code == 0 ? found : NULL; each != NULL; each = each->ai_next) {
    char text[INET6_ADDRSTRLEN];
    const void* address = each->ai_family == AF_INET ? (const void*)&((struct sockaddr_in*)each->ai_addr)->sin_addr
                                                     : (const void*)&((struct sockaddr_in6*)each->ai_addr)->sin6_addr;
    printf("\t%s", inet_ntop(each->ai_family, address, text, sizeof text));
  }
  printf("\n");
  if (code == 0) freeaddrinfo(found);
}

int main(int argc, char** argv) {
  for (int i = 1; i + 1 < argc; i += 2) look_up(argv[i], argv[i + 1]);
  return 0;
}
