#include "waypost/dns/query_log.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "waypost/dns/answerer.h"

namespace waypost::dns {
namespace {

using model::Code;
using model::MakeError;

constexpr std::chrono::milliseconds kDrainPause{100};
constexpr const char* kTransports[] = {"udp", "tcp", "tls", "https"};

struct Named {
  std::uint16_t number;
  const char* name;
};
constexpr Named kTypes[] = {{1, "A"},      {2, "NS"},     {5, "CNAME"},  {6, "SOA"},    {12, "PTR"}, {15, "MX"},
                            {16, "TXT"},   {28, "AAAA"},  {33, "SRV"},   {39, "DNAME"}, {43, "DS"},  {64, "SVCB"},
                            {65, "HTTPS"}, {251, "IXFR"}, {252, "AXFR"}, {255, "ANY"},  {257, "CAA"}};
constexpr Named kRcodes[] = {{0, "NOERROR"}, {1, "FORMERR"},  {2, "SERVFAIL"}, {3, "NXDOMAIN"}, {4, "NOTIMP"},
                             {5, "REFUSED"}, {6, "YXDOMAIN"}, {9, "NOTAUTH"},  {16, "BADVERS"}};

template <std::size_t N>
std::string NameOf(const Named (&table)[N], std::uint16_t number, const char* prefix) {
  for (const Named& named : table) {
    if (named.number == number) return named.name;
  }
  return prefix + std::to_string(number);
}

/// Presentation form inside a JSON string: what needs an escape in DNS gets one, its backslash doubled.
void AppendName(std::string& out, std::string_view wire) {
  if (wire.size() <= 1) out += '.';
  while (wire.size() > 1) {
    const std::size_t length = static_cast<std::uint8_t>(wire[0]);
    for (const char c : wire.substr(1, length)) {
      const auto octet = static_cast<std::uint8_t>(c);
      if (c == '.' || c == '\\') {
        out += c == '.' ? "\\\\." : "\\\\\\\\";
      } else if (octet <= ' ' || octet >= 0x7f || c == '"') {
        const std::string digits = std::to_string(octet);
        out += "\\\\" + std::string(3 - digits.size(), '0') + digits;
      } else {
        out += c;
      }
    }
    out += '.';
    wire.remove_prefix(length + 1);
  }
}

/// RFC 3339, UTC, with milliseconds.
std::string TimeText(std::int64_t ms) {
  const std::time_t seconds = ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  const std::string rest = std::to_string(1000 + ms % 1000);
  return std::string(text, length) + "." + rest.substr(1) + "Z";
}

void AppendLine(std::string& out, const QueryNote& note) {
  out += "{\"time\":\"" + TimeText(note.time_ms) + "\",\"client\":\"" + note.client.str() + "\",\"transport\":\"" +
         kTransports[static_cast<std::size_t>(note.transport)] + "\",\"name\":\"";
  AppendName(out, {note.name.data(), note.name_length});
  out += "\",\"type\":\"" + NameOf(kTypes, static_cast<std::uint16_t>(note.type), "TYPE") + "\",\"rcode\":\"" +
         NameOf(kRcodes, static_cast<std::uint16_t>(note.rcode), "RCODE") + "\",\"aa\":";
  out += note.authoritative ? "true" : "false";
  out += ",\"tc\":";
  out += note.truncated ? "true" : "false";
  out += ",\"size\":" + std::to_string(note.response_octets) + "}\n";
}

model::Result<int> OpenFile(const std::string& path) {
  const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (file >= 0) return file;
  const Code code = errno == EACCES || errno == EPERM ? Code::kPermission : Code::kIo;
  return MakeError(code, "the query log " + path + " cannot be written: " + std::strerror(errno));
}

}  // namespace

QueryNote* QueryLog::Ring::Begin() {
  const std::uint64_t head = head_.load(std::memory_order_relaxed);
  if (head - tail_.load(std::memory_order_acquire) == kNotesMax) {
    lost_.store(lost_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return nullptr;
  }
  return &notes_[head % kNotesMax];
}

model::Result<std::unique_ptr<QueryLog>> QueryLog::Open(const std::string& path, std::uint32_t one_in,
                                                        const model::Clock& clock) {
  WP_TRY(file, OpenFile(path));
  return std::unique_ptr<QueryLog>(new QueryLog(path, std::max(one_in, 1U), clock, file));
}

QueryLog::QueryLog(std::string path, std::uint32_t one_in, const model::Clock& clock, int file)
    : path_(std::move(path)), one_in_(one_in), clock_(clock), file_(file) {
  writer_ = std::thread([this] { Run(); });
  pthread_setname_np(writer_.native_handle(), "query-log");
}

QueryLog::~QueryLog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  writer_.join();
  Flush();
  close(file_);
}

QueryLog::Ring* QueryLog::AddRing() {
  const std::lock_guard lock(mutex_);
  rings_.push_back(std::make_unique<Ring>(one_in_));
  return rings_.back().get();
}

model::Status QueryLog::Reopen() {
  WP_TRY(file, OpenFile(path_));
  const std::lock_guard lock(mutex_);
  close(file_);
  file_ = file;
  return model::Ok();
}

void QueryLog::Run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kDrainPause, [this] { return stopping_; })) Drain();
}

void QueryLog::Flush() {
  const std::lock_guard lock(mutex_);
  Drain();
}

void QueryLog::Drain() {
  for (const auto& ring : rings_) {
    const std::uint64_t head = ring->head_.load(std::memory_order_acquire);
    std::uint64_t tail = ring->tail_.load(std::memory_order_relaxed);
    for (; tail != head; ++tail) AppendLine(lines_, ring->notes_[tail % Ring::kNotesMax]);
    ring->tail_.store(tail, std::memory_order_release);
  }
  // A full disk costs notes, nothing else.
  if (!lines_.empty()) (void)!write(file_, lines_.data(), lines_.size());
  lines_.clear();
}

std::uint64_t QueryLog::lost() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t lost = 0;
  for (const auto& ring : rings_) lost += ring->lost_.load(std::memory_order_relaxed);
  return lost;
}

}  // namespace waypost::dns
