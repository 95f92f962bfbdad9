#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "waypost/dns/address.h"
#include "waypost/dns/protocol.h"
#include "waypost/model/clock.h"
#include "waypost/model/result.h"

namespace waypost::dns {

enum class Transport : std::uint8_t;

/// One answered query, as it is noted.
struct QueryNote {
  std::int64_t time_ms = 0;
  Address client = {};
  Transport transport = {};
  Rcode rcode = Rcode::kNoError;
  Type type = Type::kA;
  std::uint16_t response_octets = 0;
  bool truncated = false;
  bool authoritative = false;
  std::uint8_t name_length = 0;
  std::array<char, 255> name;  ///< canonical wire form
};

/// A file of JSON lines, one for each so-manyth query: `{"time":…,"client":…,"transport":"udp","name":…,"type":"A",
/// "rcode":"NOERROR","aa":true,"tc":false,"size":…}`. Those who answer never wait for it: what the writer cannot keep
/// up with is counted and dropped.
class QueryLog {
 public:
  /// Notes of one thread on their way to the writer.
  class Ring {
   public:
    static constexpr std::size_t kNotesMax = 1024;
    explicit Ring(std::uint32_t one_in) : one_in_(one_in), left_(one_in) {}
    /// Whether this query is one of those that are noted. Its thread only, like Begin and Commit.
    bool Wants() {
      if (--left_ != 0) return false;
      left_ = one_in_;
      return true;
    }
    /// Where to write the next note; null: the writer is behind, and this one is lost.
    QueryNote* Begin();
    void Commit() { head_.store(head_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }

   private:
    friend class QueryLog;
    const std::uint32_t one_in_;
    std::uint32_t left_;
    std::atomic<std::uint64_t> head_{0};
    std::atomic<std::uint64_t> tail_{0};
    std::atomic<std::uint64_t> lost_{0};
    std::vector<QueryNote> notes_{kNotesMax};
  };

  /// `one_in`: 1 notes all. Err: kIo, kPermission.
  static model::Result<std::unique_ptr<QueryLog>> Open(const std::string& path, std::uint32_t one_in,
                                                       const model::Clock& clock);
  ~QueryLog();
  QueryLog(const QueryLog&) = delete;
  QueryLog& operator=(const QueryLog&) = delete;

  /// For one thread; valid as long as this.
  Ring* AddRing();
  model::Timestamp Now() const { return clock_.Now(); }
  /// Closes the file and opens it anew by its name, for those who rotate it. Err: as Open; then the old one goes on.
  model::Status Reopen();
  /// Writes what waits. From any thread.
  void Flush();
  /// Notes that were dropped.
  std::uint64_t lost() const;

 private:
  QueryLog(std::string path, std::uint32_t one_in, const model::Clock& clock, int file);
  void Run();
  void Drain();

  const std::string path_;
  const std::uint32_t one_in_;
  const model::Clock& clock_;
  mutable std::mutex mutex_;  // of all below
  int file_;
  std::vector<std::unique_ptr<Ring>> rings_;
  std::string lines_;
  bool stopping_ = false;
  std::condition_variable wake_;
  std::thread writer_;
};

}  // namespace waypost::dns
