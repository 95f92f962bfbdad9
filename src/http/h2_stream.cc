#include "http/h2_stream.h"

#include <algorithm>

#include "http/h2_session.h"
#include "http/mailbox.h"

namespace waypost::http {
namespace {

/// What a field line of HTTP/1.1 has besides name and value: the limit is the same for both.
constexpr std::size_t kLineExtra = 4;

}  // namespace

bool H2Stream::AddField(const Field& field, std::size_t bytes_max) {
  const auto [name, value] = field;
  bytes_ += name.size() + value.size() + kLineExtra;
  if (bytes_ > bytes_max || spans_.size() == kFieldsMax) return false;
  if (name.starts_with(':')) {
    if (name == ":method") pseudo_[kMethod] = value;
    if (name == ":path") pseudo_[kPath] = value;
    if (name == ":authority") pseudo_[kAuthority] = value;
    return true;
  }
  text_.append(name).append(value);
  spans_.push_back({name.size(), value.size()});
  return true;
}

const Refusal* H2Stream::EndFields() {
  head.Clear();
  head.method = pseudo_[kMethod];
  head.host = pseudo_[kAuthority];
  std::string_view rest = text_;
  bool names_host = false;
  for (const Span& span : spans_) {
    const Field field = {rest.substr(0, span.name_size), rest.substr(span.name_size, span.value_size)};
    names_host = names_host || field.name == "host";
    head.fields.push_back(field);
    rest.remove_prefix(span.name_size + span.value_size);
  }
  // Handlers, signatures above all, find the host where HTTP/1.1 has it.
  if (!names_host && !head.host.empty()) head.fields.insert(head.fields.begin(), Field{"host", head.host});
  return CompleteHead(pseudo_[kPath], head);
}

Deferred H2Stream::Defer() {
  deferred = true;
  return Deferred(std::make_shared<Deferred::State>(session_.worker().mailbox(), session_.weak_from_this(),
                                                    static_cast<std::uint64_t>(id_)));
}

Stream H2Stream::BeginStream() {
  Worker& worker = session_.worker();
  auto gate = std::make_shared<StreamGate>();
  output = std::make_unique<StreamOutput>(gate, StreamFraming::kNone);
  if (head.method == "HEAD") output->Shut();
  if (worker.stopping()) output->End();
  return Stream(std::make_shared<Stream::State>(std::move(gate), worker.mailbox(), session_.weak_from_this(),
                                                static_cast<std::uint64_t>(id_), worker.limits().stream_bytes_max));
}

}  // namespace waypost::http
