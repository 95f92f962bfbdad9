#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "waypost/dns/asker.h"
#include "waypost/dns/outside.h"
#include "waypost/dns/policy.h"
#include "waypost/dns/protocol.h"
#include "waypost/dns/query_log.h"
#include "waypost/dns/transfers.h"
#include "waypost/dns/tsig.h"
#include "waypost/model/clock.h"
#include "waypost/view/view.h"
#include "waypost/zone/zone.h"

namespace waypost::dns {

class Response;
struct Query;
enum class Verdict : std::uint8_t;

/// What became of a message.
enum class Fate : std::uint8_t {
  kAnswered,  ///< the response is there
  kSilent,    ///< never answered: no header, or a response
  kDeferred,  ///< a name outside our zones must be fetched first (Answerer::wanted), then ask again
  kTransfer,  ///< a question for a whole zone (Answerer::TakeTransfer); never on UDP
};

/// A name outside our zones without which a message cannot be answered.
struct Wanted {
  std::string name = {};  ///< canonical wire form
  Type type = Type::kA;
};

/// A question for a zone, and what its answers are to be signed with.
struct TransferStart {
  TransferQuestion question = {};
  std::optional<TsigExchange> signatures = {};
};

/// Totals of one Answerer. Written by its thread only, readable from any.
struct AnswerCounters {
  static constexpr std::size_t kRcodes = 24;  ///< 0…23
  static constexpr std::size_t kTypes = 13;
  /// Names of what `types` counts, the last is for all others.
  static constexpr const char* kTypeNames[kTypes] = {"A",  "AAAA", "SRV", "CNAME", "PTR",  "NS",   "SOA",
                                                     "MX", "TXT",  "DS",  "ANY",   "AXFR", "other"};
  std::atomic<std::uint64_t> queries{0};    ///< messages looked at
  std::atomic<std::uint64_t> dropped{0};    ///< of them, never answered: no header, or a response
  std::atomic<std::uint64_t> truncated{0};  ///< answered with TC
  std::atomic<std::uint64_t> rcodes[kRcodes] = {};
  std::atomic<std::uint64_t> deferred{0};  ///< names outside our zones were fetched first
  std::atomic<std::uint64_t> transfers{0};
  std::atomic<std::uint64_t> types[kTypes] = {};  ///< of questions that were read; see TypeNames
};

/// What answers are made from. All of it outlives the Answerers, and is shared between threads.
struct AnswerSources {
  view::View& view;
  std::shared_ptr<const AnswerPolicy> policy;
  Outside* outside = nullptr;                     ///< null: names outside our zones are not looked for
  std::shared_ptr<const Keyring> keys = nullptr;  ///< null: no key is known
  /// Whether questions for zones are handed on (Fate::kTransfer) or refused.
  bool transfers = false;
  /// Idle time of connections, for clients that ask (RFC 7828), in 100 ms; 0: not said.
  std::uint16_t keepalive = 0;
  QueryLog* query_log = nullptr;
  const model::Clock* clock = nullptr;  ///< null: the system's
};

/// Turns query messages into response messages: the whole of authoritative answering, the same for every transport.
/// Reads the view without locks, allocates nothing. One a thread; not safe for two at once.
class Answerer {
 public:
  static constexpr std::size_t kBatchMax = 16;
  /// Room that a response buffer must have at least.
  static constexpr std::size_t kRoomMin = 512;

  struct Job {
    const std::uint8_t* query = nullptr;
    std::size_t query_size = 0;
    std::uint8_t* response = nullptr;
    std::size_t room = 0;           ///< octets at `response`, kRoomMin or more
    std::size_t response_size = 0;  ///< set by Answer; 0 unless the fate is kAnswered
    Fate fate = Fate::kSilent;      ///< set by Answer
    bool known_client = false;      ///< set by Answer: showed a cookie that we made for this address (RFC 9018)
    Asker asker = {};
  };

  /// `seed` is for the random choice of records.
  Answerer(AnswerSources sources, std::uint64_t seed);
  Answerer(view::View& view, std::shared_ptr<const AnswerPolicy> policy, std::uint64_t seed)
      : Answerer(AnswerSources{.view = view, .policy = std::move(policy)}, seed) {}
  ~Answerer();

  /// The static zones from now on; null: none.
  void SetZones(std::shared_ptr<const zone::ZoneSet> zones);

  /// Answers up to kBatchMax queries, in stages, so that the memory one needs is fetched while others are worked on.
  void Answer(std::span<Job> jobs);
  /// What job `at` of the last batch, which was deferred, waits for. Valid until the next batch.
  const Wanted& wanted(std::size_t at) const;
  /// The question of job `at` of the last batch, which is for a zone. Once.
  TransferStart TakeTransfer(std::size_t at);
  /// Answers a message that Answer deferred, or handed on as a transfer, with this response code and no records.
  void AnswerWith(Job& job, Rcode rcode, ExtendedError error);

  const AnswerCounters& counters() const { return counters_; }

 private:
  struct Batch;
  struct Scratch;
  void FindNodes(std::span<Job> jobs, Batch& batch);
  void AnswerOne(Job& job, std::size_t at, Batch& batch, bool ready);
  bool Prepare(Job& job, const Query& query, Verdict verdict, Response& response);
  bool Admit(Job& job, std::size_t at, Query& query, Response& response, bool ready);
  void AddOptions(Job& job, const Query& query, Response& response);
  bool CheckSignature(const Query& query, Response& response);
  void StartTransfer(Job& job, std::size_t at, const Query& query);
  void Compose(Job& job, std::size_t at, Batch& batch, Response& response);
  void Finish(Job& job, const Query& query, Response& response);
  void Note(const Job& job, const Query& query, const Response& response);
  std::uint64_t Now() const;

  AnswerSources sources_;
  std::shared_ptr<const zone::ZoneSet> zones_;
  view::Reader reader_;
  QueryLog::Ring* notes_;
  std::unique_ptr<Batch> batch_;
  std::unique_ptr<Scratch> scratch_;
  AnswerCounters counters_;
};

}  // namespace waypost::dns
