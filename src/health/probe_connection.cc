#include "health/probe_connection.h"

#include <boost/asio/co_spawn.hpp>
#include <exception>

#include "health/probe_words.h"

namespace waypost::health {

void ConnectionProbe::Spawn(asio::io_context& context, std::shared_ptr<ConnectionProbe> probe, Awaitable<void> talk) {
  asio::co_spawn(context, std::move(talk), [probe = std::move(probe)](const std::exception_ptr& failure) {
    std::string why = "the check broke off";
    try {
      if (failure != nullptr) std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      why += std::string(": ") + error.what();
    }
    probe->Fail(why);
  });
}

std::string ConnectionProbe::Step() const {
  if (connected_) return TalkStep();
  std::string text = "connect to " + DoorText(task().door());
  const std::string found = address_.address().to_string();
  if (found != task().door().host) text += " (" + found + ")";
  return text;
}

Awaitable<void> ConnectionProbe::Connect() {
  if (!under_way()) co_return;  // dropped before its first turn
  error_code error;
  socket_.open(address_.protocol(), error);
  if (error.failed()) {
    Fail(WordsOf(error));
    co_return;
  }
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  const auto [failed] = co_await socket_.async_connect(address_, kAwait);
  if (failed.failed()) {
    Fail(WordsOf(failed));
    co_return;
  }
  connected_ = under_way();
}

std::string ConnectionProbe::WordsOfLoss(const error_code& error) {
  std::string words = WordsOf(error);
  if (error == asio::error::eof || error == asio::error::connection_reset || error == asio::error::broken_pipe) {
    words += " before an answer";
  }
  return words;
}

void ConnectionProbe::Close() {
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace waypost::health
