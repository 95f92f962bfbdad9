// Answers of an HTTP/2 connection.
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>
#include <deque>

#include "http/answer.h"
#include "http/h2_callbacks.h"
#include "http/pace.h"

namespace waypost::http {
namespace {

/// An answer's fields, as nghttp2 takes them: it copies all that is borrowed here.
class Fields {
 public:
  void Add(std::string_view name, std::string_view value) {
    // nghttp2 writes to neither.
    auto* const name_octets = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data()));
    auto* const value_octets = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data()));
    fields_.push_back({name_octets, value_octets, name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  /// Of a handler: its name in lower case, control characters in its value as spaces.
  void AddCleaned(std::string_view name, std::string_view value) {
    std::string& clean_name = kept_.emplace_back(name);
    for (char& c : clean_name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    std::string& clean_value = kept_.emplace_back();
    AppendFieldValue(clean_value, value);
    Add(clean_name, clean_value);
  }
  const std::string& Number(std::uint64_t value) { return kept_.emplace_back(std::to_string(value)); }

  const nghttp2_nv* data() const { return fields_.data(); }
  std::size_t size() const { return fields_.size(); }

 private:
  std::deque<std::string> kept_;
  std::vector<nghttp2_nv> fields_;
};

}  // namespace

void H2Session::SubmitAnswer(H2Stream& stream) {
  stream.phase = H2Stream::Phase::kAnswering;
  stream.deadline = worker_.DeadlineIn(worker_.limits().write);
  Response& response = stream.response;
  stream.without_body = !HasBody(response.status) || stream.head.method == "HEAD";
  Fields fields;
  fields.Add(":status", fields.Number(response.status));
  if (HasBody(response.status)) {
    fields.AddCleaned("content-type", response.content_type);
    if (!stream.output) fields.Add("content-length", fields.Number(response.body.size()));
  }
  if (stream.without_body) stream.output.reset();
  fields.Add("date", worker_.date());
  if (worker_.has_revision()) fields.Add("x-waypost-revision", fields.Number(worker_.revision()));
  if (!response.request_id.empty()) fields.AddCleaned("x-amzn-requestid", response.request_id);
  for (const auto& [name, value] : response.fields) fields.AddCleaned(name, value);
  nghttp2_data_provider body = {};
  body.read_callback = Callbacks::Read;
  const bool bodiless = stream.without_body || (!stream.output && response.body.empty());
  const int submitted =
      nghttp2_submit_response(session_, stream.id(), fields.data(), fields.size(), bodiless ? nullptr : &body);
  if (submitted != 0) Reset(stream, NGHTTP2_INTERNAL_ERROR);
  if (response.close || worker_.stopping()) Goodbye();
}

void H2Session::SubmitContinue(const H2Stream& stream) {
  Fields fields;
  fields.Add(":status", "100");
  nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id(), nullptr, fields.data(), fields.size(), nullptr);
}

void H2Session::Reset(const H2Stream& stream, std::uint32_t code) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id(), code);
}

std::ptrdiff_t H2Session::ReadBody(H2Stream& stream, char* to, std::size_t room, std::uint32_t& flags) {
  const std::string& body = stream.response.body;
  const std::size_t count = std::min(room, body.size() - stream.sent);
  std::memcpy(to, body.data() + stream.sent, count);
  stream.sent += count;
  if (stream.sent == body.size()) flags |= NGHTTP2_DATA_FLAG_EOF;
  if (stream.sent - stream.sent_marked >= kWriteProgress) {
    stream.sent_marked = stream.sent;
    stream.deadline = worker_.DeadlineIn(worker_.limits().write);
  }
  return static_cast<std::ptrdiff_t>(count);
}

std::ptrdiff_t H2Session::ReadPieces(H2Stream& stream, char* to, std::size_t room, std::uint32_t& flags) {
  StreamOutput& output = *stream.output;
  std::size_t count = 0;
  while (count < room && (output.left() != 0 || output.NextFrame())) {
    const asio::const_buffer piece = output.frame().front();
    const std::size_t part = std::min(room - count, piece.size());
    std::memcpy(to + count, piece.data(), part);
    output.Sent(part);
    count += part;
  }
  const bool all = output.left() == 0 && !output.NextFrame();
  if (all && output.finished()) {
    flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<std::ptrdiff_t>(count);
  }
  stream.sent += count;
  if (all) {
    stream.deadline = Clock::time_point::max();  // until there is more to say
  } else if (stream.sent - stream.sent_marked >= kWriteProgress) {
    stream.sent_marked = stream.sent;
    stream.deadline = worker_.DeadlineIn(worker_.limits().write);
  }
  if (count == 0) return NGHTTP2_ERR_DEFERRED;
  return static_cast<std::ptrdiff_t>(count);
}

/// Once a sweep. A request that is late is refused; an answer that is not taken is given up.
void H2Session::CheckStream(H2Stream& stream, Clock::time_point now) {
  if (now < stream.deadline) return;
  stream.deadline = Clock::time_point::max();
  if (stream.phase == H2Stream::Phase::kReading) {
    Refuse(stream, refusals::kTimeout);
  } else {
    Reset(stream, NGHTTP2_CANCEL);
  }
}

}  // namespace waypost::http
