#include "cloudmap/discover_request.h"

#include <optional>

#include "cloudmap/shapes.h"
#include "waypost/model/service.h"

namespace waypost::cloudmap {
namespace {

/// More filters than this, or one key twice, are left to the thorough parser.
constexpr std::size_t kPlainFiltersMax = 32;

std::optional<view::HealthFilter> HealthFilterOf(std::string_view text) {
  if (text == "HEALTHY") return view::HealthFilter::kHealthy;
  if (text == "UNHEALTHY") return view::HealthFilter::kUnhealthy;
  if (text == "ALL") return view::HealthFilter::kAll;
  if (text == "HEALTHY_OR_ELSE_ALL") return view::HealthFilter::kHealthyOrElseAll;
  return std::nullopt;
}

class PlainReader {
 public:
  PlainReader(std::string_view body, DiscoverRequest& request)
      : at_(body.data()), end_(body.data() + body.size()), request_(request) {}

  bool Run() {
    if (!Take('{')) return false;
    do {
      std::string_view name;
      if (!String(name) || !Take(':') || !ReadMember(name)) return false;
    } while (Take(','));
    if (!Take('}')) return false;
    SkipBlanks();
    return at_ == end_ && (seen_ & kNamespaceName) != 0 && (seen_ & kServiceName) != 0;
  }

 private:
  enum Bit : unsigned {
    kNamespaceName = 1,
    kServiceName = 2,
    kMaxResults = 4,
    kQuery = 8,
    kOptional = 16,
    kHealth = 32,
    kOwner = 64,
  };

  bool ReadMember(std::string_view name) {
    if (name == "NamespaceName") {
      return Once(kNamespaceName) && String(request_.namespace_name) && IsNamespaceName(request_.namespace_name);
    }
    if (name == "ServiceName") {
      return Once(kServiceName) && String(request_.service_name) && model::CheckServiceName(request_.service_name).ok();
    }
    if (name == "MaxResults") return Once(kMaxResults) && Count(request_.max_results);
    if (name == "QueryParameters") return Once(kQuery) && Filters(request_.required);
    if (name == "OptionalParameters") return Once(kOptional) && Filters(request_.optional);
    if (name == "HealthStatus") {
      std::string_view text;
      if (!Once(kHealth) || !String(text)) return false;
      const auto filter = HealthFilterOf(text);
      if (!filter) return false;
      request_.health = *filter;
      return true;
    }
    if (name == "OwnerAccount") {
      return Once(kOwner) && String(request_.owner_account) && request_.owner_account.size() == kAccountLength;
    }
    return false;
  }

  bool Once(Bit bit) {
    const bool first = (seen_ & bit) == 0;
    seen_ |= bit;
    return first;
  }

  void SkipBlanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }

  bool Take(char wanted) {
    SkipBlanks();
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }

  /// A string of ASCII characters without escapes.
  bool String(std::string_view& text) {
    if (!Take('"')) return false;
    const char* const from = at_;
    for (; at_ != end_; ++at_) {
      const auto c = static_cast<unsigned char>(*at_);
      if (c == '"') {
        text = {from, static_cast<std::size_t>(at_ - from)};
        ++at_;
        return true;
      }
      if (c < 0x20 || c >= 0x7f || c == '\\') return false;
    }
    return false;
  }

  /// 1…1000 without sign, fraction, exponent or leading zero.
  bool Count(std::uint32_t& number) {
    SkipBlanks();
    if (at_ == end_ || *at_ < '1' || *at_ > '9') return false;
    number = 0;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') {
      number = number * 10 + static_cast<std::uint32_t>(*at_++ - '0');
      if (number > kDiscoverResultsMax) return false;
    }
    // What follows is checked by whoever expects a comma or the end.
    return true;
  }

  bool Filters(std::vector<view::AttributeFilter>& filters) {
    if (!Take('{')) return false;
    if (Take('}')) return true;
    do {
      view::AttributeFilter filter;
      if (!String(filter.first) || !Take(':') || !String(filter.second)) return false;
      if (filter.first.size() > kAttributeKeyMax || !IsAttributeKey(filter.first)) return false;
      if (filter.second.size() > kAttributeValueMax || !IsAttributeValue(filter.second)) return false;
      if (filters.size() == kPlainFiltersMax) return false;
      for (const auto& other : filters) {
        if (other.first == filter.first) return false;
      }
      filters.push_back(filter);
    } while (Take(','));
    return Take('}');
  }

  const char* at_;
  const char* end_;
  DiscoverRequest& request_;
  unsigned seen_ = 0;
};

}  // namespace

void DiscoverRequest::Clear() {
  namespace_name = service_name = owner_account = {};
  required.clear();
  optional.clear();
  health = view::HealthFilter::kHealthyOrElseAll;
  max_results = kDiscoverResultsDefault;
}

bool ReadPlainDiscover(std::string_view body, DiscoverRequest& request) {
  request.Clear();
  return PlainReader(body, request).Run();
}

void ReadDiscover(const Value& input, DiscoverRequest& request) {
  request.Clear();
  request.namespace_name = input.Text("NamespaceName");
  request.service_name = input.Text("ServiceName");
  request.owner_account = input.Text("OwnerAccount");
  for (const Member& pair : input.Pairs("QueryParameters")) {
    request.required.emplace_back(pair.name, *pair.value.string());
  }
  for (const Member& pair : input.Pairs("OptionalParameters")) {
    request.optional.emplace_back(pair.name, *pair.value.string());
  }
  if (const auto filter = HealthFilterOf(input.Text("HealthStatus"))) request.health = *filter;
  if (const auto limit = input.Integer("MaxResults")) request.max_results = static_cast<std::uint32_t>(*limit);
}

}  // namespace waypost::cloudmap
