#pragma once

#include <cassert>
#include <cstddef>
#include <cstring>
#include <memory>

namespace waypost::http {

/// The bytes a connection has sent and nobody has consumed yet, in one piece. Doubles when it must; what bounds it is
/// the parser, which refuses what is larger than its limits.
class InputBuffer {
 public:
  static constexpr std::size_t kInitial = 4 << 10;
  static constexpr std::size_t kKept = 16 << 10;  ///< a larger buffer is given back once it is empty
  static constexpr std::size_t kFreeMin = 1 << 10;

  char* data() { return bytes_.get() + begin_; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  /// Where the next bytes go. Only after MakeSpace.
  char* space() { return bytes_.get() + end_; }
  std::size_t space_size() const { return capacity_ - end_; }

  /// At least kFreeMin bytes behind the last one. Moves what is held.
  void MakeSpace() {
    if (capacity_ == 0 || (empty() && capacity_ > kKept)) {
      Move(kInitial);
    } else if (capacity_ - end_ < kFreeMin) {
      Move(size() + kFreeMin > capacity_ / 2 ? capacity_ * 2 : capacity_);
    }
  }
  void Commit(std::size_t count) {
    assert(count <= space_size());
    end_ += count;
  }
  /// Keeps the first `size` bytes.
  void Shrink(std::size_t size) { end_ = begin_ + size; }
  void Consume(std::size_t count) {
    assert(count <= size());
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }

 private:
  void Move(std::size_t capacity) {
    const std::size_t held = size();
    if (capacity == capacity_) {
      std::memmove(bytes_.get(), data(), held);
    } else {
      std::unique_ptr<char[]> bytes(new char[capacity]);
      if (held != 0) std::memcpy(bytes.get(), data(), held);
      bytes_ = std::move(bytes);
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = held;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace waypost::http
