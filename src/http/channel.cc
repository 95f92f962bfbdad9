#include "http/channel.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace waypost::http {
namespace {

using boost::system::error_code;

constexpr std::size_t kRecordMax = 16 << 10;  // of a TLS record's content
/// Records that one client gets at once before the others have their turn.
constexpr unsigned kRecordsPerWrite = 8;

using Record = std::array<char, kRecordMax>;

/// The next record's content behind the first `sent` bytes: a part of one buffer, or small ones put together.
std::string_view NextRecord(std::span<const asio::const_buffer> buffers, std::size_t sent, Record& room) {
  std::size_t filled = 0;
  for (asio::const_buffer buffer : buffers) {
    const std::size_t skipped = std::min(sent, buffer.size());
    buffer += skipped;
    sent -= skipped;
    if (buffer.size() == 0) continue;
    const auto* bytes = static_cast<const char*>(buffer.data());
    if (filled == 0 && buffer.size() >= kRecordMax) return {bytes, kRecordMax};
    const std::size_t part = std::min(buffer.size(), kRecordMax - filled);
    std::memcpy(room.data() + filled, bytes, part);
    filled += part;
    if (filled == kRecordMax) break;
  }
  return {room.data(), filled};
}

}  // namespace

bool Channel::HasInput() {
  if (tls_ != nullptr && tls_->HasInput()) return true;
  error_code error;
  return socket_.available(error) != 0 && !error.failed();
}

std::size_t Channel::WriteRecords(std::span<const asio::const_buffer> buffers, error_code& error) {
  Record room;  // 16 KiB of stack for as long as one call
  std::size_t sent = 0;
  error = {};
  for (unsigned i = 0; i < kRecordsPerWrite; ++i) {
    const std::string_view record = NextRecord(buffers, sent, room);
    if (record.empty()) break;
    const Tls::Step step = tls_->Write(record);
    sent += step.count;
    if (step.want == Tls::Want::kNothing) continue;
    if (sent == 0) {
      error = step.want == Tls::Want::kWrite ? asio::error::make_error_code(asio::error::would_block)
                                             : asio::error::make_error_code(asio::error::broken_pipe);
    }
    break;
  }
  return sent;
}

Awaitable<std::size_t> Channel::Write(std::span<const asio::const_buffer> buffers) {
  if (tls_ == nullptr) {
    const auto [error, count] = co_await socket_.async_write_some(buffers, kAwait);
    co_return count;
  }
  for (;;) {
    const auto [error] = co_await socket_.async_wait(Socket::wait_write, kAwait);
    if (error.failed()) co_return 0;
    error_code failure;
    const std::size_t count = WriteRecords(buffers, failure);
    if (count != 0 || failure != asio::error::would_block) co_return count;
  }
}

Awaitable<std::size_t> Channel::ReadRecord(asio::mutable_buffer space) {
  Tls::Step step = {Tls::Want::kRead};
  if (tls_->HasInput()) step = tls_->Read(static_cast<char*>(space.data()), space.size());
  while (step.count == 0 && step.want != Tls::Want::kEnd) {
    // kWrite: the other side wants new keys, and our answer to that did not fit.
    const auto what = step.want == Tls::Want::kWrite ? Socket::wait_write : Socket::wait_read;
    const auto [error] = co_await socket_.async_wait(what, kAwait);
    if (error.failed()) co_return 0;
    step = tls_->Read(static_cast<char*>(space.data()), space.size());
  }
  co_return step.count;
}

void Channel::EndOutput() {
  if (tls_ != nullptr) tls_->EndOutput();
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Channel::Close() {
  if (tls_ != nullptr) {
    tls_->EndOutput();
    tls_->Release();
  }
  error_code ignored;
  socket_.shutdown(Socket::shutdown_both, ignored);
  socket_.close(ignored);
}

}  // namespace waypost::http
