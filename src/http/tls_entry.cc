#include "http/tls_entry.h"

#include "http/h2_session.h"
#include "http/session.h"
#include "http/worker.h"

namespace waypost::http {

TlsEntry::TlsEntry(Worker& worker, Channel channel, Ends ends)
    : worker_(worker),
      channel_(std::move(channel)),
      ends_(std::move(ends)),
      deadline_(worker.DeadlineIn(worker.limits().handshake)) {}

Awaitable<void> TlsEntry::Run([[maybe_unused]] std::shared_ptr<TlsEntry> self) {
  Tls::Want want = Tls::Want::kRead;  // the client speaks first
  while (want != Tls::Want::kNothing && want != Tls::Want::kEnd) {
    const auto what = want == Tls::Want::kWrite ? Socket::wait_write : Socket::wait_read;
    const auto [error] = co_await channel_.socket().async_wait(what, kAwait);
    want = error.failed() ? Tls::Want::kEnd : channel_.tls()->Handshake();
  }
  if (want == Tls::Want::kNothing) {
    Continue();
  } else {
    channel_.Close();
  }
}

void TlsEntry::Continue() {
  if (channel_.tls()->speaks_http2()) {
    auto session = std::make_shared<H2Session>(worker_, std::move(channel_), std::move(ends_));
    Awaitable<void> life = session->Run(session);
    worker_.Continue(*this, std::move(session), std::move(life));
  } else {
    auto session = std::make_shared<Session>(worker_, std::move(channel_), std::move(ends_));
    Awaitable<void> life = session->Run(session);
    worker_.Continue(*this, std::move(session), std::move(life));
  }
}

}  // namespace waypost::http
