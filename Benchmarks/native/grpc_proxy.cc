// A generic proxy on gRPC C++: it stands for "the same gateway on libgrpc". It relays every method as a stream of
// opaque messages in both directions, with metadata, deadline, cancellation, half-close, trailers and status.
//
//   grpc_proxy UPSTREAM_PORT [CERTIFICATE KEY]
//
// Prints "listening PORT". Threads, windows, frames and buffers are libgrpc's own; message sizes have no limit. All
// calls share one channel, so one upstream connection. At most one message of each direction is held here, beside what
// libgrpc holds.
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace {

using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

// Calls `add` with each field. libgrpc shows its own user agent to the next hop and keeps all else of a hop to itself.
template <typename Add>
void copy(const Metadata& metadata, Add add) {
    for (const auto& [name, value] : metadata) {
        if (name != "user-agent") add({name.data(), name.size()}, {value.data(), value.size()});
    }
}

// One call: a server's reactor towards the client, and within it a client's reactor towards the upstream. Each
// direction takes one message, hands it on and only then takes the next, so that flow control reaches through.
class Call final : public grpc::ServerGenericBidiReactor {
public:
    Call(grpc::GenericCallbackServerContext* context, grpc::GenericStub* stub) : context(context), upstream(this) {
        copy(context->client_metadata(),
             [this](std::string name, std::string value) { upstreamContext.AddMetadata(name, value); });
        upstreamContext.set_deadline(context->deadline());
        stub->PrepareBidiStreamingCall(&upstreamContext, context->method(), {}, &upstream);
        upstream.AddHold();  // requests are written from outside of the upstream's reactions
        upstream.StartCall();
        StartRead(&request);
    }

private:
    struct Upstream final : grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
        explicit Upstream(Call* call) : call(call) {}
        void OnReadInitialMetadataDone(bool ok) override { call->takeHeaders(ok); }
        void OnReadDone(bool ok) override { ok ? call->StartWrite(&call->response) : call->closeUpstream(); }
        void OnWriteDone(bool ok) override {
            if (ok) call->StartRead(&call->request);
        }
        void OnDone(const grpc::Status& status) override { call->finish(status); }
        Call* const call;
    };

    void OnReadDone(bool ok) override {
        const std::lock_guard<std::mutex> guard(lock);
        if (upstreamClosed) return;
        if (ok) {
            upstream.StartWrite(&request);
        } else if (!context->IsCancelled()) {  // a cut upload must not look complete to the upstream
            upstream.StartWritesDone();
        }
    }

    void OnWriteDone(bool ok) override {
        if (!ok) upstreamContext.TryCancel();  // the read below then fails and closes
        upstream.StartRead(&response);
    }

    void OnCancel() override { upstreamContext.TryCancel(); }

    // Without headers the response is a status alone, and goes on as such.
    void takeHeaders(bool ok) {
        if (ok) {
            copy(upstreamContext.GetServerInitialMetadata(),
                 [this](std::string name, std::string value) { context->AddInitialMetadata(name, value); });
            StartSendInitialMetadata();
        }
        upstream.StartRead(&response);
    }

    // The upstream has no more messages: its status follows as soon as nothing is written to it any more.
    void closeUpstream() {
        const std::lock_guard<std::mutex> guard(lock);
        upstreamClosed = true;
        upstream.RemoveHold();
    }

    void finish(const grpc::Status& status) {
        copy(upstreamContext.GetServerTrailingMetadata(),
             [this](std::string name, std::string value) { context->AddTrailingMetadata(name, value); });
        // The details of an error are among the trailing metadata already.
        Finish({status.error_code(), status.error_message()});
        release();
    }

    void OnDone() override { release(); }

    void release() {
        if (owners.fetch_sub(1) == 1) delete this;
    }

    grpc::GenericCallbackServerContext* const context;
    grpc::ClientContext upstreamContext;
    grpc::ByteBuffer request, response;
    std::mutex lock;  // of the upstream's writes against its end
    bool upstreamClosed = false;
    std::atomic<int> owners{2};  // each reactor until its end
    Upstream upstream;
};

class Proxy final : public grpc::CallbackGenericService {
public:
    explicit Proxy(const std::shared_ptr<grpc::Channel>& channel) : stub(channel) {}
    grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
        return new Call(context, &stub);
    }

private:
    grpc::GenericStub stub;
};

std::string readFile(const char* path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::shared_ptr<grpc::ServerCredentials> credentials(int count, char** arguments) {
    if (count != 4) return grpc::InsecureServerCredentials();
    grpc::SslServerCredentialsOptions options;
    options.pem_key_cert_pairs.push_back({readFile(arguments[3]), readFile(arguments[2])});
    return grpc::SslServerCredentials(options);
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2 && count != 4) {
        std::fprintf(stderr, "usage: grpc_proxy UPSTREAM_PORT [CERTIFICATE KEY]\n");
        return 2;
    }
    const int headerBytes = 64 << 10;
    grpc::ChannelArguments settings;
    settings.SetMaxReceiveMessageSize(-1);
    settings.SetInt(GRPC_ARG_MAX_METADATA_SIZE, headerBytes);
    settings.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);  // else libgrpc keeps copies of what it sent
    const auto target = "ipv4:127.0.0.1:" + std::string(arguments[1]);
    Proxy proxy(grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), settings));
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", credentials(count, arguments), &port);
    builder.RegisterCallbackGenericService(&proxy);
    builder.SetMaxReceiveMessageSize(-1);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, headerBytes);
    const auto server = builder.BuildAndStart();
    if (!server || port == 0) {
        std::fprintf(stderr, "cannot listen\n");
        return 1;
    }
    std::printf("listening %d\n", port);
    std::fflush(stdout);
    server->Wait();
}
