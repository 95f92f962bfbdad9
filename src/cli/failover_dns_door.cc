#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "cli/failover_doors.h"

namespace waypost::cli {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;
using model::Code;
using model::MakeError;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kDatagramMax = 65'535;

/// Runs what was begun until it is done or the time is up; then its sockets are to be closed and `Drain` called.
bool RunUntil(asio::io_context& context, SteadyClock::time_point deadline) {
  context.restart();
  context.run_until(deadline);
  return context.stopped();
}

void Drain(asio::io_context& context) {
  context.restart();
  context.run();
}

}  // namespace

struct DnsDoor::State {
  explicit State(std::string door) : address(std::move(door)), random(std::random_device()()) {}

  model::Result<DnsAnswer> AskByUdp(const DnsQuestion& question, const std::vector<std::uint8_t>& query,
                                    std::chrono::milliseconds patience);
  model::Result<DnsAnswer> AskByTcp(const DnsQuestion& question, const std::vector<std::uint8_t>& query,
                                    std::chrono::milliseconds patience);
  model::Error Unanswered(const std::string& why) const {
    return MakeError(Code::kIo, "no DNS answer from " + address + ": " + why);
  }

  std::string address;
  udp::endpoint place = {};
  asio::io_context context = {};
  std::mt19937 random;
  std::array<std::uint8_t, kDatagramMax> buffer = {};
};

model::Result<DnsAnswer> DnsDoor::State::AskByUdp(const DnsQuestion& question, const std::vector<std::uint8_t>& query,
                                                  std::chrono::milliseconds patience) {
  const auto deadline = SteadyClock::now() + patience;
  // A socket a question: a new port each time, and no late answer of the one before.
  udp::socket socket(context);
  error_code problem;
  socket.connect(place, problem);
  if (!problem) socket.send(asio::buffer(query), 0, problem);
  while (!problem) {
    std::size_t size = 0;
    socket.async_receive(asio::buffer(buffer), [&](error_code failed, std::size_t received) {
      problem = failed;
      size = received;
    });
    if (!RunUntil(context, deadline)) {
      socket.close(problem);
      Drain(context);
      return Unanswered("timed out");
    }
    if (problem) break;
    // What is not the answer to this question may be anybody's: the right one may still come.
    auto answer = ReadAnswer(std::span(buffer.data(), size), question);
    if (answer.ok() || SteadyClock::now() >= deadline) return answer;
  }
  return Unanswered(problem.message());
}

model::Result<DnsAnswer> DnsDoor::State::AskByTcp(const DnsQuestion& question, const std::vector<std::uint8_t>& query,
                                                  std::chrono::milliseconds patience) {
  const auto deadline = SteadyClock::now() + patience;
  tcp::socket socket(context);
  const std::array<std::uint8_t, 2> length{static_cast<std::uint8_t>(query.size() >> 8),
                                           static_cast<std::uint8_t>(query.size())};
  const std::array<asio::const_buffer, 2> sent{asio::buffer(length), asio::buffer(query)};
  error_code problem;
  std::size_t size = 0;
  // Each step begins the next; one that fails leaves the rest undone.
  const auto read_message = [&](error_code failed, std::size_t) {
    problem = failed;
    size = failed ? 0 : static_cast<std::size_t>(buffer[0]) << 8 | buffer[1];
    if (failed) return;
    asio::async_read(socket, asio::buffer(buffer.data(), size), [&](error_code cut, std::size_t) { problem = cut; });
  };
  const auto read_length = [&](error_code failed, std::size_t) {
    problem = failed;
    if (!failed) asio::async_read(socket, asio::buffer(buffer.data(), 2), read_message);
  };
  socket.async_connect(tcp::endpoint(place.address(), place.port()), [&](error_code failed) {
    problem = failed;
    if (!failed) asio::async_write(socket, sent, read_length);
  });
  if (!RunUntil(context, deadline)) {
    socket.close(problem);
    Drain(context);
    return Unanswered("timed out over TCP");
  }
  if (problem) return Unanswered(problem.message() + " over TCP");
  return ReadAnswer(std::span(buffer.data(), size), question);
}

DnsDoor::DnsDoor(std::unique_ptr<State> state) : state_(std::move(state)) {}
DnsDoor::~DnsDoor() = default;
DnsDoor::DnsDoor(DnsDoor&&) noexcept = default;
DnsDoor& DnsDoor::operator=(DnsDoor&&) noexcept = default;

model::Result<DnsDoor> DnsDoor::Open(const std::string& address) {
  WP_TRY(door, SplitDoor(address));
  auto state = std::make_unique<State>(address);
  error_code problem;
  const auto places = udp::resolver(state->context).resolve(door.host, door.port, problem);
  if (problem) return MakeError(Code::kConfig, "the DNS door " + address + " is no address: " + problem.message());
  state->place = *places.begin();
  return DnsDoor(std::move(state));
}

model::Result<DnsAnswer> DnsDoor::Ask(const std::string& name, DnsType type, std::chrono::milliseconds patience) {
  const DnsQuestion question{static_cast<std::uint16_t>(state_->random()), name, type};
  WP_TRY(query, WriteQuery(question));
  WP_TRY(answer, state_->AskByUdp(question, query, patience));
  if (!answer.truncated) return answer;
  return state_->AskByTcp(question, query, patience);
}

}  // namespace waypost::cli
