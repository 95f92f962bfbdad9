#include "health/http_probe.h"

#include <array>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>

#include "health/probe_connection.h"
#include "health/probe_http_answer.h"
#include "health/probe_words.h"

namespace waypost::health {
namespace {

constexpr std::size_t kReadSize = 4096;

bool IsHttps(const ProbeTask& task) { return task.plan().kind == model::CheckKind::kHttps; }

std::string Target(const model::CheckPlan& plan) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string target;
  if (plan.path.empty() || plan.path.front() != '/') target += '/';
  for (const char c : plan.path) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet > ' ' && octet < 0x7f) {
      target += c;
    } else {
      target += {'%', kDigits[octet >> 4], kDigits[octet & 15]};
    }
  }
  return target;
}

std::string HostField(const ProbeTask& task) {
  std::string host = DoorText(task.door());
  const std::string_view usual = IsHttps(task) ? ":443" : ":80";
  if (host.ends_with(usual)) host.resize(host.size() - usual.size());
  return host;
}

class HttpProbe final : public ConnectionProbe {
 public:
  HttpProbe(const HttpProbes& probes, ProbeTask task, const SocketAddress& address)
      : ConnectionProbe(probes.context, std::move(task), address),
        tls_contexts_(probes.tls),
        plan_(this->task().request.plan),
        answer_(*plan_) {}

  static void Start(const HttpProbes& probes, ProbeTask task, const SocketAddress& address) {
    const auto probe = std::make_shared<HttpProbe>(probes, std::move(task), address);
    probes.under_way.Add(probe);
    Spawn(probes.context, probe, probe->Talk(probe));
  }

 private:
  Awaitable<void> Talk(std::shared_ptr<HttpProbe> self);
  Awaitable<void> Handshake();
  template <class Stream>
  Awaitable<void> Ask(Stream* stream);
  void OnEnd(const error_code& error);
  void Judge(Reading reading);
  std::string TalkStep() const override;

  TlsContexts& tls_contexts_;
  std::shared_ptr<const model::CheckPlan> plan_;  // the reader needs it to the end
  HttpAnswer answer_;
  std::unique_ptr<TlsStream> tls_;
  bool shaking_hands_ = false;
  std::array<char, kReadSize> buffer_;
};

Awaitable<void> HttpProbe::Talk([[maybe_unused]] std::shared_ptr<HttpProbe> self) {
  co_await Connect();
  if (!connected()) co_return;
  if (!IsHttps(task())) {
    co_await Ask(&socket());
    co_return;
  }
  co_await Handshake();
  if (under_way()) co_await Ask(tls_.get());
}

Awaitable<void> HttpProbe::Handshake() {
  const std::string& host = task().door().host;
  tls_ = plan_->valid_certificate ? tls_contexts_.OpenVerified(socket(), host) : tls_contexts_.OpenAny(socket(), host);
  shaking_hands_ = true;
  const auto [error] = co_await tls_->async_handshake(TlsStream::client, kAwait);
  if (error.failed()) Fail(WordsOfHandshake(*tls_, error));
  shaking_hands_ = false;
}

template <class Stream>
Awaitable<void> HttpProbe::Ask(Stream* stream) {
  const std::string request = HttpRequestText(task());
  const asio::const_buffer whole(request.data(), request.size());
  const auto [unsent, sent] = co_await asio::async_write(*stream, whole, kAwait);
  if (unsent.failed()) {
    Fail(WordsOfLoss(unsent));
    co_return;
  }
  const asio::mutable_buffer space(buffer_.data(), buffer_.size());
  while (under_way()) {
    const auto [error, count] = co_await stream->async_read_some(space, kAwait);
    if (!under_way()) co_return;
    if (error.failed()) {
      OnEnd(error);
    } else {
      Judge(answer_.Feed(std::string_view(buffer_.data(), count)));
    }
  }
}

void HttpProbe::OnEnd(const error_code& error) {
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    Judge(answer_.End());
  } else {
    Fail(WordsOfLoss(error));
  }
}

void HttpProbe::Judge(Reading reading) {
  if (reading == Reading::kGood) Succeed();
  if (reading == Reading::kBad) Fail(answer_.why());
}

std::string HttpProbe::TalkStep() const {
  if (shaking_hands_) return "TLS handshake with " + DoorText(task().door());
  const std::string target = Shortened(Target(*plan_), kTargetShownMax);
  return std::string("GET ") + (IsHttps(task()) ? "https://" : "http://") + DoorText(task().door()) + target;
}

}  // namespace

void StartHttpProbe(const HttpProbes& probes, ProbeTask task, const SocketAddress& address) {
  HttpProbe::Start(probes, std::move(task), address);
}

std::string HttpRequestText(const ProbeTask& task) {
  return "GET " + Target(task.plan()) + " HTTP/1.1\r\nHost: " + HostField(task) +
         "\r\nUser-Agent: waypost-health-check\r\nAccept: */*\r\nConnection: close\r\n\r\n";
}

}  // namespace waypost::health
