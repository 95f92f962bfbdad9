#include "health/grpc_probe.h"

#include <array>
#include <boost/asio/write.hpp>

#include "health/probe_connection.h"
#include "health/probe_grpc_answer.h"
#include "health/probe_words.h"

namespace waypost::health {
namespace {

constexpr std::size_t kReadSize = 4096;

GrpcQuestion QuestionOf(const ProbeTask& task) {
  GrpcQuestion question;
  question.authority = DoorText(task.door());
  question.service = task.plan().path;
  if (question.service.starts_with('/')) question.service.erase(0, 1);
  return question;
}

class GrpcProbe final : public ConnectionProbe {
 public:
  GrpcProbe(asio::io_context& context, ProbeTask task, const SocketAddress& address)
      : ConnectionProbe(context, std::move(task), address), answer_(QuestionOf(this->task())) {}

  Awaitable<void> Talk(std::shared_ptr<GrpcProbe> self);
  using ConnectionProbe::Spawn;

 private:
  void Judge(Reading reading);
  std::string TalkStep() const override { return "grpc health of " + DoorText(task().door()); }

  GrpcAnswer answer_;
  std::array<char, kReadSize> buffer_;
};

Awaitable<void> GrpcProbe::Talk([[maybe_unused]] std::shared_ptr<GrpcProbe> self) {
  co_await Connect();
  const asio::mutable_buffer space(buffer_.data(), buffer_.size());
  while (under_way()) {
    const std::string output = answer_.TakeOutput();
    const asio::const_buffer whole(output.data(), output.size());
    const auto [unsent, sent] = co_await asio::async_write(socket(), whole, kAwait);
    if (unsent.failed()) {
      Fail(WordsOfLoss(unsent));
      co_return;
    }
    const auto [error, count] = co_await socket().async_read_some(space, kAwait);
    if (error == asio::error::eof) {
      Judge(answer_.End());
    } else if (error.failed()) {
      Fail(WordsOfLoss(error));
    } else if (under_way()) {
      Judge(answer_.Feed(std::string_view(buffer_.data(), count)));
    }
  }
}

void GrpcProbe::Judge(Reading reading) {
  if (reading == Reading::kGood) Succeed();
  if (reading == Reading::kBad) Fail(answer_.why());
}

}  // namespace

void StartGrpcProbe(asio::io_context& context, ProbesUnderWay& under_way, ProbeTask task,
                    const SocketAddress& address) {
  const auto probe = std::make_shared<GrpcProbe>(context, std::move(task), address);
  under_way.Add(probe);
  GrpcProbe::Spawn(context, probe, probe->Talk(probe));
}

}  // namespace waypost::health
