#pragma once

#include <boost/asio/buffer.hpp>
#include <memory>
#include <span>

#include "http/tls.h"
#include "http/types.h"

namespace waypost::http {

/// A connection's bytes both ways, plain or by TLS. Who reads decides by encrypted(), so that a plain read costs what
/// the socket does; all else is the same for both.
class Channel {
 public:
  explicit Channel(Socket socket, std::unique_ptr<Tls> tls = nullptr)
      : socket_(std::move(socket)), tls_(std::move(tls)) {}

  Socket& socket() { return socket_; }
  Tls* tls() { return tls_.get(); }
  bool encrypted() const { return tls_ != nullptr; }
  /// Whether something has come that was not read yet.
  bool HasInput();

  /// What goes without waiting, of two buffers or any other number. Fails with would_block when that is nothing.
  template <class Buffers>
  std::size_t WriteNow(const Buffers& buffers, boost::system::error_code& error) {
    if (tls_ == nullptr) return socket_.write_some(buffers, error);
    return WriteRecords(std::span<const asio::const_buffer>(buffers), error);
  }
  /// Waits until something goes; how much that was. 0: the connection is broken.
  Awaitable<std::size_t> Write(std::span<const asio::const_buffer> buffers);
  /// By TLS only: waits for bytes. 0: there will be none any more.
  Awaitable<std::size_t> ReadRecord(asio::mutable_buffer space);

  /// Nothing will be written any more; what the client has still to say can be read from the socket, and dropped.
  void EndOutput();
  void Close();

 private:
  std::size_t WriteRecords(std::span<const asio::const_buffer> buffers, boost::system::error_code& error);

  Socket socket_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace waypost::http
