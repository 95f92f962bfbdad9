#include "cloudmap/api_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cctype>
#include <chrono>
#include <stdexcept>

#include "waypost/store/rocks_store.h"
#include "waypost/telemetry/log.h"

namespace waypost::cloudmap {
namespace {

constexpr unsigned kWorkers = 2;

[[noreturn]] void Die(const std::string& why) { throw std::runtime_error(why); }

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

ApiFixture::ApiFixture() : view_(std::make_unique<view::View>()) {
  auto store = store::OpenRocksStore({directory_ / "data"}, clock_, telemetry::MakeSilentLog());
  if (!store.ok()) Die(store.error().message);
  store_ = std::move(store).value();
  registry_ =
      std::make_unique<registry::Registry>(registry::Options(), *store_, *view_, clock_, telemetry::MakeSilentLog());
  if (const auto loaded = registry_->Load(); !loaded.ok()) Die(loaded.error().message);
  Options options;
  options.identity = identity_;
  options.ec2_addresses = {{"i-0abc", "10.9.8.7"}};
  options.workers = kWorkers;
  options.seed = 7;
  api_ = std::make_unique<Api>(std::move(options), *registry_, *view_, clock_, telemetry::MakeSilentLog());
  http::Options http;
  http.listen = {"127.0.0.1:0"};
  http.threads = kWorkers;
  http.revision = [this] { return view_->applied(); };
  server_ = std::make_unique<http::Server>(std::move(http), *api_);
  if (const auto bound = server_->Bind(); !bound.ok()) Die(bound.error().message);
  server_->Start();
  Connect();
}

ApiFixture::~ApiFixture() {
  close(socket_);
  server_->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(5));
  registry_->Stop();
  server_.reset();
  api_.reset();
  registry_.reset();
}

void ApiFixture::Connect() {
  const std::string address = server_->addresses().at(0);
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socket_ = socket(AF_INET, SOCK_STREAM, 0);
  const timeval patience = {30, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) Die("cannot connect");
}

Answer ApiFixture::Send(const std::string& head, const std::string& body) {
  const std::string wire =
      head + "Host: data-anything\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  for (std::size_t sent = 0; sent < wire.size();) {
    const ssize_t n = send(socket_, wire.data() + sent, wire.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) Die("cannot send");
    sent += static_cast<std::size_t>(n);
  }
  const auto receive = [this] {
    char bytes[65536];
    const ssize_t n = recv(socket_, bytes, sizeof bytes, 0);
    if (n <= 0) Die("no answer");
    received_.append(bytes, static_cast<std::size_t>(n));
  };
  std::size_t end;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) receive();
  Answer answer;
  answer.status = static_cast<unsigned>(std::stoi(received_.substr(received_.find(' ') + 1)));
  for (std::size_t at = received_.find("\r\n") + 2; at < end;) {
    const std::size_t stop = received_.find("\r\n", at);
    const std::size_t colon = received_.find(": ", at);
    answer.fields[Lower(received_.substr(at, colon - at))] = received_.substr(colon + 2, stop - colon - 2);
    at = stop + 2;
  }
  const std::size_t length = std::stoul(answer.fields.at("content-length"));
  while (received_.size() < end + 4 + length) receive();
  answer.text = received_.substr(end + 4, length);
  received_.erase(0, end + 4 + length);
  return answer;
}

Answer ApiFixture::Post(std::string_view operation, const std::string& body) {
  return Send(
      "POST / HTTP/1.1\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Target: Route53AutoNaming_v20170314." +
          std::string(operation) + "\r\n",
      body);
}

Json ApiFixture::Call(std::string_view operation, const Json& input) {
  const Answer answer = Post(operation, input.dump());
  EXPECT_EQ(answer.status, 200u) << operation << input << answer.text;
  EXPECT_EQ(answer.fields.at("content-type"), "application/x-amz-json-1.1");
  EXPECT_EQ(answer.fields.at("x-amzn-requestid").size(), 36u);
  return answer.json();
}

Json ApiFixture::Fail(std::string_view type, std::string_view operation, const Json& input) {
  const Answer answer = Post(operation, input.dump());
  EXPECT_EQ(answer.status, 400u) << operation << input << answer.text;
  EXPECT_EQ(answer.type(), type) << operation << input << answer.text;
  EXPECT_EQ(answer.fields.at("x-amzn-errortype"), type);
  EXPECT_EQ(answer.fields.at("x-amzn-requestid").size(), 36u);
  return answer.json();
}

std::string ApiFixture::Target(const Json& answer, const char* kind) {
  const Json operation = Call("GetOperation", {{"OperationId", answer.at("OperationId")}}).at("Operation");
  EXPECT_EQ(operation.at("Status"), "SUCCESS");
  return operation.at("Targets").at(kind);
}

std::string ApiFixture::NewHttpNamespace(const std::string& name) {
  return Target(Call("CreateHttpNamespace", {{"Name", name}}), "NAMESPACE");
}

std::string ApiFixture::NewPublicNamespace(const std::string& name) {
  return Target(Call("CreatePublicDnsNamespace", {{"Name", name}}), "NAMESPACE");
}

std::string ApiFixture::NewService(const std::string& in, const std::string& name, const Json& more) {
  Json input = {{"Name", name}, {"NamespaceId", in}};
  input.update(more);
  return Call("CreateService", input).at("Service").at("Id");
}

void ApiFixture::Register(const std::string& service, const std::string& id, const Json& attributes) {
  Call("RegisterInstance", {{"ServiceId", service}, {"InstanceId", id}, {"Attributes", attributes}});
}

}  // namespace waypost::cloudmap
