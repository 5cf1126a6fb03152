<?php

declare(strict_types=1);

use Symfony\Component\Mercure\Jwt\TokenFactoryInterface;

/**
 * Signs tokens with HS256. Stands in for Symfony's LcobucciFactory, whose library Debian does not have, and writes
 * what that one writes: claims in its order, and times as fractions of seconds, like 1700000000.123456.
 */
final class SharedKeyTokenFactory implements TokenFactoryInterface
{
    public function __construct(private readonly string $key)
    {
    }

    public function create(?array $subscribe = [], ?array $publish = [], array $additionalClaims = []): string
    {
        $additionalClaims += ['exp' => new DateTimeImmutable('+1 hour')];
        $granted = array_filter(['publish' => $publish, 'subscribe' => $subscribe], 'is_array');
        $additionalClaims['mercure'] = array_merge($granted, $additionalClaims['mercure'] ?? []);
        $claims = array_map(
            static fn (mixed $value) => $value instanceof DateTimeInterface ? (float) $value->format('U.u') : $value,
            $additionalClaims,
        );
        $signed = self::part(['typ' => 'JWT', 'alg' => 'HS256']).'.'.self::part($claims);

        return $signed.'.'.self::base64(hash_hmac('sha256', $signed, $this->key, true));
    }

    private static function part(array $value): string
    {
        return self::base64(json_encode($value, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR));
    }

    private static function base64(string $bytes): string
    {
        return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    }
}
