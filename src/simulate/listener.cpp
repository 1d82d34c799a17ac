#include "simulate/server_inside.hpp"

namespace tally::simulate {

namespace {

std::pair<std::string, std::string> split_address(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    std::string host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    return {host, text.substr(colon + 1)};
}

}  // namespace

Result<tcp::acceptor> listen_at(asio::io_context& io, const std::string& address) {
    if (address.find(':') == std::string::npos) {
        return Error{"--listen needs HOST:PORT, not " + address};
    }
    const auto [host, port] = split_address(address);
    boost::system::error_code error;
    tcp::resolver resolver(io);
    const auto found = resolver.resolve(host, port, tcp::resolver::passive, error);
    if (error) {
        return Error{"cannot listen at " + address + ": " + error.message()};
    }
    tcp::acceptor acceptor(io);
    const tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor.open(endpoint.protocol(), error);
    if (!error) {
        acceptor.set_option(tcp::acceptor::reuse_address(true), error);
        acceptor.bind(endpoint, error);
    }
    if (!error) {
        acceptor.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
        return Error{"cannot listen at " + address + ": " + error.message()};
    }
    return acceptor;
}

}  // namespace tally::simulate
