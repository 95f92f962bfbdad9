#include "http/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <thread>
#include <utility>

namespace waypost::http {
namespace {

using std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience(10);

}  // namespace

Client::Client(const std::string& address, int receive_buffer) {
  const std::size_t colon = address.rfind(':');
  const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1)));
  const bool v6 = address.front() == '[';
  fd_ = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) throw std::runtime_error("no socket");
  if (receive_buffer > 0) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
  int result = 0;
  if (v6) {
    sockaddr_in6 to = {};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(port);
    inet_pton(AF_INET6, address.substr(1, colon - 2).c_str(), &to.sin6_addr);
    result = connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof(to));
  } else {
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
    result = connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof(to));
  }
  if (result != 0) {
    Close();
    throw std::runtime_error("connect: refused");
  }
}

Client::~Client() { Close(); }

void Client::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

void Client::Reset() {
  const linger at_once = {1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  Close();
}

void Client::ShutdownSend() { shutdown(fd_, SHUT_WR); }

bool Client::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::size_t Client::SendSome(std::string_view bytes) {
  const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

bool Client::Fill(steady_clock::time_point until) {
  if (ended_) return false;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - steady_clock::now()).count();
  pollfd waiting = {fd_, POLLIN, 0};
  if (left <= 0 || poll(&waiting, 1, static_cast<int>(left)) <= 0) return false;
  char bytes[16384];
  const ssize_t count = recv(fd_, bytes, sizeof(bytes), 0);
  if (count <= 0) {
    ended_ = true;
    return false;
  }
  held_.append(bytes, static_cast<std::size_t>(count));
  return true;
}

std::string Client::Receive(std::size_t size) {
  const auto until = steady_clock::now() + kPatience;
  while (held_.size() < size && Fill(until)) {
  }
  std::string taken = held_.substr(0, size);
  held_.erase(0, size);
  return taken;
}

std::string Client::ReceiveSome() {
  if (held_.empty()) Fill(steady_clock::now() + kPatience);
  return std::exchange(held_, {});
}

std::optional<Answer> Client::Read(bool head_only) {
  const auto until = steady_clock::now() + kPatience;
  std::size_t end = std::string::npos;
  while ((end = held_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill(until)) return std::nullopt;
  }
  Answer answer;
  answer.status = static_cast<unsigned>(std::stoi(held_.substr(9, 3)));
  std::size_t at = held_.find("\r\n") + 2;
  while (at < end) {
    const std::size_t line_end = held_.find("\r\n", at);
    const std::string line = held_.substr(at, line_end - at);
    const std::size_t colon = line.find(": ");
    std::string name = line.substr(0, colon);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    answer.fields[name] = line.substr(colon + 2);
    at = line_end + 2;
  }
  held_.erase(0, end + 4);
  const auto length = answer.fields.find("content-length");
  if (length != answer.fields.end() && !head_only) {
    const std::size_t size = std::stoul(length->second);
    answer.body = Receive(size);
    if (answer.body.size() != size) return std::nullopt;
  }
  return answer;
}

bool Client::ClosedWithin(std::chrono::milliseconds limit) {
  const auto until = steady_clock::now() + limit;
  while (Fill(until)) held_.clear();
  return ended_;
}

Progress Echo(const Request& request, Response& response, Later&) {
  response.content_type = "text/plain";
  response.body.append(request.method).append("|").append(request.path).append("|").append(request.query);
  response.body.append("|").append(request.host).append("|").append(request.target);
  response.body.append("|").append(request.content_type).append("|").append(request.body);
  return Progress::kDone;
}

Running::Running(FunctionHandler::Function function, Options options) : handler(std::move(function)) {
  if (options.listen.empty()) options.listen = {"127.0.0.1:0"};
  server = std::make_unique<Server>(std::move(options), handler);
  const model::Status bound = server->Bind();
  if (!bound.ok()) throw std::runtime_error(bound.error().message);
  server->Start();
  address = server->addresses().front();
}

std::string Post(std::string_view path, std::string_view body) {
  std::string request = "POST ";
  request.append(path).append(" HTTP/1.1\r\nHost: h\r\nContent-Length: ").append(std::to_string(body.size()));
  return request.append("\r\n\r\n").append(body);
}

bool Eventually(const std::function<bool()>& holds) {
  const auto until = steady_clock::now() + kPatience;
  while (!holds()) {
    if (steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace waypost::http
