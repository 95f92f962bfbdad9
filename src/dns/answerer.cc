#include "waypost/dns/answerer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <iterator>
#include <utility>

#include "dns/composer.h"
#include "dns/cookie.h"

namespace waypost::dns {
namespace {

/// The counters have one writer, so no locked instruction is needed.
void Count(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

std::size_t LimitOf(const Query& query, Transport transport, std::size_t room) {
  if (transport != Transport::kUdp) return std::min(room, kMessageOctetsMax);
  const std::size_t theirs = query.has_edns ? query.payload : kPlainUdpOctets;
  return std::min({room, theirs, kUdpPayloadOctets});
}

/// What is refused whatever the name; kNoError: go on.
Rcode CheckQuestion(const Query& query) {
  switch (query.type) {
    case Type::kReserved:
    case Type::kOpt:
    case Type::kTsig:
      return Rcode::kFormErr;
    case Type::kTkey:
      return Rcode::kNotImp;
    case Type::kAxfr:
    case Type::kIxfr:
      return Rcode::kRefused;
    default:
      return query.klass == kClassIn ? Rcode::kNoError : Rcode::kRefused;
  }
}

/// Whether the question is for records of one type, or all, in the Internet's class.
bool IsOrdinary(const Query& query) {
  const auto type = static_cast<std::uint16_t>(query.type);
  const bool meta = type >= static_cast<std::uint16_t>(Type::kTkey) && type < static_cast<std::uint16_t>(Type::kAny);
  return !meta && type != 0 && query.type != Type::kOpt && query.klass == kClassIn;
}

bool IsTransfer(const Query& query) {
  return (query.type == Type::kAxfr || query.type == Type::kIxfr) && query.klass == kClassIn;
}

/// The counter of a question's type.
std::size_t TypeIndex(Type type) {
  constexpr Type kCounted[] = {Type::kA,   Type::kAaaa, Type::kSrv, Type::kCname, Type::kPtr, Type::kNs,
                               Type::kSoa, Type::kMx,   Type::kTxt, Type::kDs,    Type::kAny, Type::kAxfr};
  static_assert(std::size(kCounted) + 1 == AnswerCounters::kTypes);
  if (type == Type::kIxfr) type = Type::kAxfr;
  return static_cast<std::size_t>(std::find(std::begin(kCounted), std::end(kCounted), type) - std::begin(kCounted));
}

void Fetch(const void* at) {
  const char* line = static_cast<const char*>(at);
  __builtin_prefetch(line);
  __builtin_prefetch(line + 64);
}

}  // namespace

/// Each query's way through the stages.
struct Answerer::Batch {
  std::array<Query, kBatchMax> queries;
  std::array<Verdict, kBatchMax> verdicts;
  std::array<const view::ServiceNode*, kBatchMax> nodes;
  std::array<const view::ServiceState*, kBatchMax> states;
};

struct Answerer::Scratch {
  model::Random random;
  Picks picks;
  ChainNames chain;
  Sources sources;
  std::array<Wanted, kBatchMax> wanted = {};
  std::array<TransferStart, kBatchMax> transfers = {};
  std::array<char, 24> cookie = {};
  TsigExchange signatures;  // of the message that is being answered
  bool signing = false;     // its response is to be signed
  ResponseOptions options = {};

  Scratch(const AnswerSources& from, std::uint64_t seed)
      : random(seed), sources{{from.view, *from.policy, nullptr}, random, picks, chain, from.outside} {}
};

Answerer::Answerer(AnswerSources sources, std::uint64_t seed)
    : sources_(std::move(sources)),
      reader_(sources_.view.domain()),
      notes_(sources_.query_log != nullptr ? sources_.query_log->AddRing() : nullptr),
      batch_(std::make_unique<Batch>()),
      scratch_(std::make_unique<Scratch>(sources_, seed)) {}

Answerer::~Answerer() = default;

void Answerer::SetZones(std::shared_ptr<const zone::ZoneSet> zones) {
  zones_ = std::move(zones);
  scratch_->sources.world.zones = zones_ != nullptr && !zones_->empty() ? zones_.get() : nullptr;
}

const Wanted& Answerer::wanted(std::size_t at) const { return scratch_->wanted[at]; }

TransferStart Answerer::TakeTransfer(std::size_t at) { return std::exchange(scratch_->transfers[at], {}); }

std::uint64_t Answerer::Now() const {
  const model::SystemClock system;
  const model::Timestamp now = sources_.clock != nullptr ? sources_.clock->Now() : system.Now();
  return static_cast<std::uint64_t>(now.ms / 1000);
}

void Answerer::Answer(std::span<Job> jobs) {
  assert(jobs.size() <= kBatchMax);
  const view::ReadSection section(reader_);
  const bool ready = sources_.view.ready();
  FindNodes(jobs, *batch_);
  for (std::size_t i = 0; i < jobs.size(); ++i) AnswerOne(jobs[i], i, *batch_, ready);
  Count(counters_.queries, jobs.size());
}

/// One memory access a stage and query: slot, node, state, chunk. What each stage touches was asked for by the one
/// before.
void Answerer::FindNodes(std::span<Job> jobs, Batch& batch) {
  const std::uint64_t seed = sources_.view.name_seed();
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    batch.verdicts[i] = ReadQuery(jobs[i].query, jobs[i].query_size, seed, batch.queries[i]);
    if (batch.verdicts[i] == Verdict::kQuestion) sources_.view.PrefetchName(batch.queries[i].hash);
  }
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const bool wanted = batch.verdicts[i] == Verdict::kQuestion;
    batch.nodes[i] = wanted ? sources_.view.NameCandidate(batch.queries[i].hash) : nullptr;
    if (batch.nodes[i] != nullptr) Fetch(batch.nodes[i]);
  }
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const view::ServiceNode* node = batch.nodes[i];
    batch.states[i] = nullptr;
    // The candidate may have another name, or another zone may be the one to ask: then the long way is taken.
    if (node == nullptr || node->owner_wire() != batch.queries[i].name() || !node->in().plain()) continue;
    batch.states[i] = node->state_pointer();
    Fetch(batch.states[i]);
  }
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const view::ServiceState* state = batch.states[i];
    if (state != nullptr && state->count() != 0) Fetch(&state->chunk(0));  // the IPv4 addresses follow the header
  }
}

void Answerer::AnswerOne(Job& job, std::size_t at, Batch& batch, bool ready) {
  assert(job.room >= kRoomMin);
  Query& query = batch.queries[at];
  const Verdict verdict = batch.verdicts[at];
  job.response_size = 0;
  job.fate = Fate::kSilent;
  job.known_client = false;
  if (verdict == Verdict::kSilence) return Count(counters_.dropped);
  Response response(query, job.response, LimitOf(query, job.asker.transport, job.room));
  if (query.name_length != 0) Count(counters_.types[TypeIndex(query.type)]);
  const bool plain = verdict == Verdict::kQuestion && query.options == 0 && query.tsig_at == 0;
  const bool good = (plain && sources_.outside == nullptr) || Prepare(job, query, verdict, response);
  if (good && (IsOrdinary(query) || Admit(job, at, query, response, ready))) {
    if (!ready) {
      response.set_rcode(Rcode::kServFail);
      response.set_extended_error(ExtendedError::kNotReady);
    } else {
      Compose(job, at, batch, response);
    }
  }
  if (job.fate == Fate::kSilent) Finish(job, query, response);
}

/// Questions that are not simply for records of a name. True: go on and look for the name.
bool Answerer::Admit(Job& job, std::size_t at, Query& query, Response& response, bool ready) {
  const Rcode refused = CheckQuestion(query);
  if (IsTransfer(query) && sources_.transfers && ready) {
    if (job.asker.transport != Transport::kUdp) {
      StartTransfer(job, at, query);
      return false;
    }
    // A lone SOA tells the client whether to come again by TCP (RFC 1995 2).
    if (query.type == Type::kIxfr) {
      query.type = Type::kSoa;
      return true;
    }
  }
  response.set_rcode(refused);
  return refused == Rcode::kNoError;
}

/// Deals with all but the question. False: what there is to say is said.
bool Answerer::Prepare(Job& job, const Query& query, Verdict verdict, Response& response) {
  scratch_->signing = false;
  if (query.options != 0) AddOptions(job, query, response);
  if (sources_.outside != nullptr && sources_.outside->Serves(job.asker.client)) response.set_recursion_available();
  if (verdict != Verdict::kQuestion) {
    response.set_rcode(verdict == Verdict::kCookie    ? Rcode::kNoError
                       : verdict == Verdict::kNotImp  ? Rcode::kNotImp
                       : verdict == Verdict::kBadVers ? Rcode::kBadVers
                                                      : Rcode::kFormErr);
    if (verdict == Verdict::kNotImp) response.set_extended_error(ExtendedError::kNotSupported);
    return false;
  }
  return query.tsig_at == 0 || CheckSignature(query, response);
}

void Answerer::AddOptions(Job& job, const Query& query, Response& response) {
  ResponseOptions& options = scratch_->options;
  options = {};
  const CookieSecret* secret = sources_.policy->cookie_secret();
  if ((query.options & kAsksCookie) != 0 && secret != nullptr) {
    const Cookie cookie =
        AnswerCookie(*secret, job.asker.client, query.cookie, query.cookie_length, static_cast<std::uint32_t>(Now()));
    std::copy(cookie.octets.begin(), cookie.octets.end(), scratch_->cookie.begin());
    options.cookie = {scratch_->cookie.data(), scratch_->cookie.size()};
    job.known_client = cookie.known;
  }
  if ((query.options & kAsksNsid) != 0) options.nsid = sources_.policy->nsid();
  const bool connected = job.asker.transport == Transport::kTcp || job.asker.transport == Transport::kTls;
  if ((query.options & kAsksKeepalive) != 0 && connected) options.keepalive = sources_.keepalive;
  options.padded = (query.options & kAsksPadding) != 0 && IsEncrypted(job.asker.transport);
  response.SetOptions(options);
}

bool Answerer::CheckSignature(const Query& query, Response& response) {
  static const Keyring kNoKeys;
  TsigExchange& signatures = scratch_->signatures;
  signatures = {};
  const TsigVerdict verdict = signatures.Check(sources_.keys != nullptr ? *sources_.keys : kNoKeys, query.wire,
                                               query.size, query.tsig_at, Now());
  scratch_->signing = verdict != TsigVerdict::kFormErr;
  response.Reserve(signatures.room());
  if (verdict == TsigVerdict::kGood) return true;
  response.set_rcode(verdict == TsigVerdict::kFormErr ? Rcode::kFormErr : Rcode::kNotAuth);
  return false;
}

void Answerer::StartTransfer(Job& job, std::size_t at, const Query& query) {
  TransferStart& start = scratch_->transfers[at];
  start = {};
  start.question.zone = std::string(query.name());
  std::uint32_t serial = 0;
  // Without a serial, what changed is everything.
  start.question.incremental = query.type == Type::kIxfr && ReadSerial(query, serial);
  start.question.serial = serial;
  start.question.head.assign(query.wire, query.wire + query.question_end);
  start.question.client = job.asker.client;
  start.question.local = job.asker.local;
  if (query.tsig_at != 0) {
    start.question.key = std::string(scratch_->signatures.key_name());
    start.signatures = std::move(scratch_->signatures);
  }
  job.fate = Fate::kTransfer;
  Count(counters_.transfers);
}

void Answerer::Compose(Job& job, std::size_t at, Batch& batch, Response& response) {
  Composer composer(scratch_->sources, batch.queries[at], job.asker, response);
  const view::ServiceState* state = batch.states[at];
  if (state != nullptr && (!batch.nodes[at]->in().is_private() || composer.client_is_private())) {
    composer.AnswerService(*batch.nodes[at]);
  } else {
    composer.AnswerName();
  }
  if (composer.wanted().empty()) return;
  Wanted& wanted = scratch_->wanted[at];
  wanted.name = std::string(composer.wanted());
  wanted.type = composer.wanted_type();
  job.fate = Fate::kDeferred;
  Count(counters_.deferred);
}

void Answerer::Finish(Job& job, const Query& query, Response& response) {
  job.fate = Fate::kAnswered;
  job.response_size = response.Finish();
  const bool signing = query.tsig_at != 0 && scratch_->signing;
  if (signing && job.room - job.response_size >= scratch_->signatures.room()) {
    job.response_size = scratch_->signatures.Sign(job.response, job.response_size, Now());
  }
  Count(counters_.rcodes[static_cast<std::size_t>(response.rcode())]);
  if (response.truncated()) Count(counters_.truncated);
  if (notes_ != nullptr && notes_->Wants()) Note(job, query, response);
}

void Answerer::Note(const Job& job, const Query& query, const Response& response) {
  QueryNote* note = notes_->Begin();
  if (note == nullptr) return;
  note->time_ms = sources_.query_log->Now().ms;
  note->client = job.asker.client;
  note->transport = job.asker.transport;
  note->rcode = response.rcode();
  note->type = query.type;
  note->response_octets = static_cast<std::uint16_t>(job.response_size);
  note->truncated = response.truncated();
  note->authoritative = (job.response[2] & 4) != 0;
  note->name_length = static_cast<std::uint8_t>(query.name_length);
  std::copy_n(query.folded, query.name_length, note->name.begin());
  notes_->Commit();
}

void Answerer::AnswerWith(Job& job, Rcode rcode, ExtendedError error) {
  Query& query = batch_->queries[0];
  const Verdict verdict = ReadQuery(job.query, job.query_size, sources_.view.name_seed(), query);
  job.response_size = 0;
  job.fate = Fate::kSilent;
  if (verdict == Verdict::kSilence) return;
  Response response(query, job.response, LimitOf(query, job.asker.transport, job.room));
  if (Prepare(job, query, verdict, response)) {
    response.set_rcode(rcode);
    response.set_extended_error(error);
  }
  Finish(job, query, response);
}

}  // namespace waypost::dns
