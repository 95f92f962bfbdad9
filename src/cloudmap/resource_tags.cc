#include <utility>

#include "cloudmap/input.h"
#include "cloudmap/operation.h"
#include "cloudmap/output.h"
#include "cloudmap/submit.h"

namespace waypost::cloudmap {
namespace {

std::optional<model::Tags> FindTags(const view::View& view, const registry::ResourceId& resource) {
  if (const auto* id = std::get_if<model::NamespaceId>(&resource)) {
    const auto info = view.GetNamespace(*id);
    return info ? std::optional(info->value.tags) : std::nullopt;
  }
  const auto info = view.GetService(std::get<model::ServiceId>(resource));
  return info ? std::optional(info->config->service.tags) : std::nullopt;
}

}  // namespace

Served ListTagsForResource(Call& call, const Value& input) {
  const std::string_view arn = input.Text("ResourceARN");
  WP_TRY(resource, ReadResource(arn));
  const auto tags = FindTags(call.context.view, resource);
  if (!tags) return ResourceMissing(arn);
  JsonWriter json(call.response.body);
  json.Open('{').Key("Tags");
  WriteTags(*tags, json);
  json.Close('}');
  return http::Progress::kDone;
}

Served TagResource(Call& call, const Value& input) {
  const std::string_view arn = input.Text("ResourceARN");
  WP_TRY(resource, ReadResource(arn));
  Write write;
  write.change = registry::TagResource{resource, ReadTags(input)};
  write.resource_name = arn;
  return Submit(call, std::move(write));
}

Served UntagResource(Call& call, const Value& input) {
  WP_TRY(resource, ReadResource(input.Text("ResourceARN")));
  return Submit(call, {registry::UntagResource{resource, ReadStrings(input.Items("TagKeys"))}});
}

}  // namespace waypost::cloudmap
