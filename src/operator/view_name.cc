#include "operator/view_name.h"

#include "waypost/model/owner_name.h"

namespace waypost::oper {
namespace {

using model::Code;
using model::MakeError;

/// By its id, by its name in discovery, or, as a zone, by its apex.
const view::NamespaceNode* FindNamespace(const view::View& view, std::string_view text) {
  if (const auto id = model::NamespaceId::Parse(text)) return view.FindNamespace(*id);
  if (const view::NamespaceNode* node = view.FindNamespaceByHttpName(text); node != nullptr) return node;
  const auto apex = model::OwnerName::Parse(text);
  if (!apex.ok()) return nullptr;
  const view::NamespaceNode* zone = view.FindZone(apex->wire(), true);
  return zone != nullptr && zone->apex == apex->wire() ? zone : nullptr;
}

std::string_view WithoutFinalDot(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  return text;
}

}  // namespace

model::Result<ViewName> ReadViewName(const view::View& view, std::string_view full) {
  full = WithoutFinalDot(full);
  for (std::size_t dot = full.find('.'); dot != std::string_view::npos; dot = full.find('.', dot + 1)) {
    const view::NamespaceNode* in = FindNamespace(view, full.substr(dot + 1));
    if (in != nullptr) return ViewName{in->id, std::string(full.substr(0, dot))};
  }
  return MakeError(Code::kNamespaceNotFound,
                   "no namespace of ours is in " + std::string(full) + "; wanted is name.namespace");
}

model::Result<ViewName> ReadViewName(const view::View& view, std::string_view name, std::string_view in) {
  const view::NamespaceNode* node = FindNamespace(view, WithoutFinalDot(in));
  if (node == nullptr) return MakeError(Code::kNamespaceNotFound, "there is no namespace " + std::string(in));
  name = WithoutFinalDot(name);
  const std::string suffix = "." + node->state().value.name;
  const bool whole =
      name.size() > suffix.size() && model::EqualFolded(name.substr(name.size() - suffix.size()), suffix);
  if (whole) name.remove_suffix(suffix.size());
  return ViewName{node->id, std::string(name)};
}

}  // namespace waypost::oper
