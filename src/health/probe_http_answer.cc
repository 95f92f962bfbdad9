#include "health/probe_http_answer.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include "health/probe_words.h"

namespace waypost::health {
namespace {

namespace http = boost::beast::http;
using Text = boost::beast::string_view;

constexpr std::size_t kBodyShownMax = 60;
constexpr std::string_view kBegin = "HTTP/1.";

}  // namespace

/// Keeps the status and the first octets of the body.
class HttpAnswer::Parser final : public http::basic_parser<false> {
 public:
  Parser() {
    header_limit(kHeaderMax);
    body_limit(boost::none);
    eager(true);
  }

  const std::string& body() const { return body_; }
  bool is_interim() const { return is_header_done() && status_code() / 100 == 1; }
  int status_code() const { return status_; }

 private:
  using Error = boost::beast::error_code;

  std::size_t Keep(Text part) {
    body_.append(part.data(), std::min(part.size(), kBodyMax - body_.size()));
    return part.size();
  }

  void on_request_impl(http::verb, Text, Text, int, Error&) override {}
  void on_response_impl(int code, Text, int, Error&) override { status_ = code; }
  void on_field_impl(http::field, Text, Text, Error&) override {}
  void on_header_impl(Error&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
  std::size_t on_body_impl(Text part, Error&) override { return Keep(part); }
  void on_chunk_header_impl(std::uint64_t, Text, Error&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text part, Error&) override { return Keep(part); }
  void on_finish_impl(Error&) override {}

  int status_ = 0;
  std::string body_;
};

HttpAnswer::HttpAnswer(const model::CheckPlan& plan) : plan_(plan), parser_(std::make_unique<Parser>()) {}
HttpAnswer::~HttpAnswer() = default;

Reading HttpAnswer::Feed(std::string_view bytes) {
  const std::string_view taken = bytes.substr(0, kBytesMax - fed_);
  fed_ += taken.size();
  held_.append(taken);
  const Reading reading = Parse();
  if (reading == Reading::kMore && fed_ == kBytesMax) return header_judged_ ? NotInBody() : Bad("not an HTTP answer");
  return reading;
}

Reading HttpAnswer::Parse() {
  for (;;) {
    boost::beast::error_code error;
    const std::size_t used = parser_->put(boost::asio::buffer(held_.data(), held_.size()), error);
    if (parser_->is_interim() && !error.failed()) {
      // Beast takes it for a whole answer.
      held_.erase(0, used);
      if (++interim_ > kInterimMax) return Bad("only interim answers");
      parser_ = std::make_unique<Parser>();
      if (held_.empty()) return Reading::kMore;
      continue;
    }
    if (!header_judged_) {
      if (error == http::error::header_limit) return Bad("its header is larger than 16 KiB");
      if (!LooksLikeHttp() || (error.failed() && error != http::error::need_more && !parser_->is_header_done())) {
        return Bad("not an HTTP answer");
      }
    }
    held_.erase(0, used);
    const Reading reading = JudgeHeader();
    if (reading != Reading::kMore || !header_judged_) return reading;
    if (JudgeBody() == Reading::kGood) return Reading::kGood;
    if (parser_->is_done() || parser_->body().size() == kBodyMax) return NotInBody();
    if (error.failed() && error != http::error::need_more) return Bad("its body is broken");
    return Reading::kMore;
  }
}

/// Beast looks at the status line only when the header has ended; what is no HTTP may never send that end.
bool HttpAnswer::LooksLikeHttp() const {
  if (parser_->is_header_done() || fed_ != held_.size()) return true;
  const std::size_t size = std::min(held_.size(), kBegin.size());
  return std::string_view(held_).substr(0, size) == kBegin.substr(0, size);
}

Reading HttpAnswer::JudgeHeader() {
  if (header_judged_ || !parser_->is_header_done()) return Reading::kMore;
  header_judged_ = true;
  const int status = parser_->status_code();
  const bool good = std::any_of(plan_.good_status.begin(), plan_.good_status.end(),
                                [status](const auto& range) { return status >= range.first && status <= range.last; });
  if (!good) return Bad("status " + std::to_string(status));
  return plan_.good_body.empty() ? Reading::kGood : Reading::kMore;
}

Reading HttpAnswer::JudgeBody() {
  const std::string& body = parser_->body();
  if (body.find(plan_.good_body, searched_) != std::string::npos) return Reading::kGood;
  if (body.size() >= plan_.good_body.size()) searched_ = body.size() - plan_.good_body.size() + 1;
  return Reading::kMore;
}

Reading HttpAnswer::NotInBody() {
  const bool cut = !parser_->is_done();
  return Bad("no \"" + Shortened(plan_.good_body, kBodyShownMax) + "\" in " +
             (cut ? "the first 64 KiB of its body" : "its body"));
}

Reading HttpAnswer::End() {
  if (!header_judged_) return Bad("closed by peer before an answer");
  boost::beast::error_code error;
  if (!parser_->is_done()) parser_->put_eof(error);
  return error.failed() ? Bad("closed by peer amid the answer") : NotInBody();
}

Reading HttpAnswer::Bad(std::string why) {
  why_ = std::move(why);
  return Reading::kBad;
}

}  // namespace waypost::health
