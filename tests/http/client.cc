#include "http/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
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

Client::Client(const std::string& address, const ClientTls& tls, int receive_buffer) : Client(address, receive_buffer) {
  StartTls(tls);
}

Client::~Client() {
  Close();
  SSL_free(ssl_);
}

void Client::StartTls(const ClientTls& tls) {
  std::signal(SIGPIPE, SIG_IGN);  // our own OpenSSL raises it; the server must not
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_security_level(context, 0);  // so that old versions can be offered at all
  SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context, tls.version_max);
  ssl_ = SSL_new(context);
  SSL_CTX_free(context);
  std::string offered;
  for (const std::string& protocol : tls.protocols) offered += static_cast<char>(protocol.size()) + protocol;
  if (!offered.empty()) {
    SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(offered.data()),
                        static_cast<unsigned>(offered.size()));
  }
  const timeval patience = {kPatience.count(), 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  SSL_set_fd(ssl_, fd_);
  if (SSL_connect(ssl_) != 1) {
    Close();
    SSL_free(std::exchange(ssl_, nullptr));
    throw std::runtime_error("handshake: refused");
  }
}

std::string Client::protocol() const {
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_, &chosen, &size);
  return {reinterpret_cast<const char*>(chosen), size};
}

std::string Client::server_name() const {
  X509* certificate = SSL_get1_peer_certificate(ssl_);
  char name[256] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof(name));
  X509_free(certificate);
  return name;
}

bool Client::EndedInOrder() const { return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0; }

void Client::Close() {
  if (ssl_ != nullptr && fd_ >= 0) SSL_shutdown(ssl_);
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

void Client::Reset() {
  const linger at_once = {1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  close(std::exchange(fd_, -1));
}

void Client::ShutdownSend() { shutdown(fd_, SHUT_WR); }

bool Client::Send(std::string_view bytes) {
  if (ssl_ != nullptr) return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) > 0;
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

long Client::Take(char* to, std::size_t size) {
  if (ssl_ == nullptr) return recv(fd_, to, size, 0);
  return SSL_read(ssl_, to, static_cast<int>(size));
}

bool Client::Fill(steady_clock::time_point until) {
  if (ended_) return false;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - steady_clock::now()).count();
  pollfd waiting = {fd_, POLLIN, 0};
  const bool held = ssl_ != nullptr && SSL_pending(ssl_) > 0;
  if (!held && (left <= 0 || poll(&waiting, 1, static_cast<int>(left)) <= 0)) return false;
  char bytes[16384];
  const long count = Take(bytes, sizeof(bytes));
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
  if (options.listen.empty() && options.https.listen.empty()) options.listen = {"127.0.0.1:0"};
  server = std::make_unique<Server>(std::move(options), handler);
  const model::Status bound = server->Bind();
  if (!bound.ok()) throw std::runtime_error(bound.error().message);
  server->Start();
  if (!server->addresses().empty()) address = server->addresses().front();
  if (!server->https_addresses().empty()) https = server->https_addresses().front();
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
