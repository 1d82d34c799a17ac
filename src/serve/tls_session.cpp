#include "serve/tls_session.hpp"

#include <openssl/err.h>

#include "tally/base/assert.hpp"

namespace tally::serve {

TlsSession::TlsSession(std::shared_ptr<TlsContext> context)
    : context_(std::move(context)), ssl_(SSL_new(context_->handle()), &SSL_free) {
    TALLY_ASSERT(ssl_);
    BIO* const input = BIO_new(BIO_s_mem());
    BIO* const output = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(input, -1);       // nothing there: more may come
    SSL_set_bio(ssl_.get(), input, output);  // takes both
    SSL_set_accept_state(ssl_.get());
}

void TlsSession::received(boost::asio::const_buffer records) {
    BIO_write(SSL_get_rbio(ssl_.get()), records.data(), static_cast<int>(records.size()));
}

std::string TlsSession::take_output() {
    BIO* const output = SSL_get_wbio(ssl_.get());
    std::string records(BIO_ctrl_pending(output), '\0');
    if (!records.empty()) {
        BIO_read(output, records.data(), static_cast<int>(records.size()));
    }
    return records;
}

TlsSession::Step TlsSession::shake_hands() {
    ERR_clear_error();
    return step_of(SSL_do_handshake(ssl_.get()));
}

TlsSession::Moved TlsSession::read(boost::asio::mutable_buffer room) {
    ERR_clear_error();
    std::size_t count = 0;
    const int result = SSL_read_ex(ssl_.get(), room.data(), room.size(), &count);
    return {step_of(result), count};
}

TlsSession::Moved TlsSession::write(boost::asio::const_buffer bytes) {
    ERR_clear_error();
    std::size_t count = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
    return {step_of(result), count};
}

void TlsSession::close() {
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_.get()) == 1) {
        SSL_shutdown(ssl_.get());
    }
}

TlsSession::Step TlsSession::step_of(int result) const {
    if (result == 1) {
        return Step::done;
    }
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return Step::wants_input;
        case SSL_ERROR_ZERO_RETURN:
            return Step::closed;
        default:
            return Step::failed;
    }
}

}  // namespace tally::serve
