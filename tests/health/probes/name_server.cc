#include "health/probes/name_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace waypost::health {
namespace {

constexpr std::size_t kHead = 12;
constexpr char kTypeA = 1;
constexpr char kTypeAaaa = 28;

/// A record of the question's name.
std::string Record(char type, std::uint32_t ttl, const std::string& data) {
  std::string record("\xc0\x0c\0", 3);
  record += type;
  record += std::string("\0\1", 2);
  for (int shift = 24; shift >= 0; shift -= 8) record += static_cast<char>(ttl >> shift & 0xff);
  record += '\0';
  record += static_cast<char>(data.size());
  return record + data;
}

std::string Octets(int family, const std::string& address) {
  char octets[16];
  EXPECT_EQ(inet_pton(family, address.c_str(), octets), 1);
  return {octets, family == AF_INET ? 4u : 16u};
}

}  // namespace

NameServer::NameServer(std::map<std::string, Answer> names) : names_(std::move(names)) {
  socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in at = {};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&at), size), 0);
  EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size), 0);
  port_ = ntohs(at.sin_port);
  thread_ = std::thread([this] { Run(); });
}

NameServer::~NameServer() {
  ::shutdown(socket_, SHUT_RDWR);  // wakes the thread with an empty datagram
  thread_.join();
  ::close(socket_);
}

void NameServer::Run() {
  for (;;) {
    char query[512];
    sockaddr_in from = {};
    socklen_t size = sizeof from;
    const ssize_t got = ::recvfrom(socket_, query, sizeof query, 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got <= static_cast<ssize_t>(kHead)) return;
    const std::string reply = Reply(std::string(query, static_cast<std::size_t>(got)));
    if (!reply.empty()) {
      ::sendto(socket_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }
}

std::string NameServer::Reply(const std::string& query) {
  std::string name;
  std::size_t at = kHead;
  for (; at < query.size() && query[at] != 0; at += static_cast<std::size_t>(query[at]) + 1) {
    if (!name.empty()) name += '.';
    name += query.substr(at + 1, static_cast<std::size_t>(query[at]));
  }
  const char type = query.at(at + 2);
  if (type == kTypeA) ++questions_;
  const auto found = names_.find(name);
  std::string records;
  if (found != names_.end()) {
    const Answer& answer = found->second;
    if (answer.mute) return {};
    if (type == kTypeA && !answer.a.empty()) records = Record(type, answer.ttl, Octets(AF_INET, answer.a));
    if (type == kTypeAaaa && !answer.aaaa.empty()) records = Record(type, answer.ttl, Octets(AF_INET6, answer.aaaa));
  }
  std::string reply = query.substr(0, 2) + std::string("\x81\x80\0\1\0\0\0\0\0\0", 10);
  if (found == names_.end()) reply[3] = '\x83';  // NXDOMAIN
  if (!records.empty()) reply[7] = 1;
  return reply + query.substr(kHead, at + 5 - kHead) + records;
}

}  // namespace waypost::health
