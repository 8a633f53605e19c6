// Asks a server whether it may distribute a clip: client_example ADDRESS
#include <tarazy/client.h>

#include <iostream>

int main(int argc, char** argv) {
  tarazy::Client client({argc > 1 ? argv[1] : "127.0.0.1:7310"});

  tarazy::v1::DecideRequest request;
  request.set_request_id("clip-1");
  request.mutable_operator_()->set_bin("050140000011");
  request.mutable_operator_()->set_kind(tarazy::v1::Operator::PRIVATE_ENTITY);
  auto* media = request.mutable_operation()->mutable_media_distribution();
  media->set_ai_created(true);
  media->set_synthetic(true);

  const tarazy::Decision decision = client.Decide(request);
  std::cout << (decision.permitted() ? "permitted" : "not permitted") << ", "
            << decision.status() << "\n";
  return decision.permitted() ? 0 : 2;
}
