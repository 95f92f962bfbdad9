#include <utility>

#include "cloudmap/input.h"
#include "cloudmap/operation.h"
#include "cloudmap/submit.h"

namespace waypost::cloudmap {
namespace {

/// The limits on all attributes together; each one's own stand in the shape.
model::Status CheckTotals(const model::Attributes& attributes) {
  std::size_t custom = 0;
  std::size_t characters = 0;
  for (const auto& [key, value] : attributes) {
    characters += key.size() + value.size();
    if (!key.starts_with("AWS_")) ++custom;
  }
  if (custom > model::kMaxAttributes) {
    return Violation("Attributes",
                     "Member must have at most " + std::to_string(model::kMaxAttributes) + " custom attributes");
  }
  if (characters > model::kMaxAttributeTotal) {
    return Violation("Attributes", "Member must have at most " + std::to_string(model::kMaxAttributeTotal) +
                                       " characters in all keys and values together");
  }
  return model::Ok();
}

/// Adds the address of the EC2 instance that the attributes name, if they do.
model::Status AddEc2Address(const Options& options, model::Attributes& attributes) {
  const std::string* ec2 = attributes.Find(model::kAttributeEc2);
  if (ec2 == nullptr) return model::Ok();
  for (const auto& [key, value] : attributes) {
    if (key.starts_with("AWS_") && key != model::kAttributeEc2 && key != model::kAttributeInitHealth) {
      return Violation("Attributes", "AWS_EC2_INSTANCE_ID and " + key + " exclude each other");
    }
  }
  const auto found = options.ec2_addresses.find(*ec2);
  if (found == options.ec2_addresses.end()) {
    return Violation("Attributes", "AWS_EC2_INSTANCE_ID " + *ec2 + " is not in this server's map of EC2 instances");
  }
  attributes.Set(std::string(model::kAttributeIpv4), found->second);
  return model::Ok();
}

}  // namespace

Served RegisterInstance(Call& call, const Value& input) {
  model::Instance instance;
  WP_TRY(service_id, ReadServiceId(input.Text("ServiceId")));
  instance.service_id = service_id;
  instance.id = input.Text("InstanceId");
  instance.creator_request_id = NonEmpty(input.OptionalText("CreatorRequestId"));
  instance.attributes = ReadAttributes(input.Pairs("Attributes"));
  instance.registered = call.context.clock.Now();
  WP_CHECK(CheckTotals(instance.attributes));
  WP_CHECK(AddEc2Address(call.context.options, instance.attributes));
  registry::OperationId operation = OperationIdFor(call, input, "CreatorRequestId");
  return Submit(call, {registry::RegisterInstance{std::move(instance), std::move(operation)}, AnswerOperation});
}

}  // namespace waypost::cloudmap
