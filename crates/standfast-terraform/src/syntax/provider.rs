//! The words of the AWS provider that modules are written in. The lists are closed: what is in neither
//! cannot be declared or referred to, and tests hold both against the provider's own schema.

/// Types of resources and data sources, each with its text.
macro_rules! resource_types {
    ($($name:ident = $text:literal;)*) => {
        /// A type of resources or data sources.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum ResourceType {
            $($name,)*
        }

        impl ResourceType {
            /// As the provider spells it.
            pub(crate) const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

resource_types! {
    AcmCertificate = "aws_acm_certificate";
    AcmCertificateValidation = "aws_acm_certificate_validation";
    ApiGatewayBasePathMapping = "aws_api_gateway_base_path_mapping";
    ApiGatewayDeployment = "aws_api_gateway_deployment";
    ApiGatewayDomainName = "aws_api_gateway_domain_name";
    ApiGatewayIntegration = "aws_api_gateway_integration";
    ApiGatewayMethod = "aws_api_gateway_method";
    ApiGatewayResource = "aws_api_gateway_resource";
    ApiGatewayRestApi = "aws_api_gateway_rest_api";
    ApiGatewayStage = "aws_api_gateway_stage";
    AutoscalingGroup = "aws_autoscaling_group";
    AutoscalingPolicy = "aws_autoscaling_policy";
    AvailabilityZones = "aws_availability_zones";
    CallerIdentity = "aws_caller_identity";
    CloudwatchDashboard = "aws_cloudwatch_dashboard";
    CloudwatchLogGroup = "aws_cloudwatch_log_group";
    CloudwatchMetricAlarm = "aws_cloudwatch_metric_alarm";
    DbInstance = "aws_db_instance";
    DbParameterGroup = "aws_db_parameter_group";
    DbSubnetGroup = "aws_db_subnet_group";
    DefaultSecurityGroup = "aws_default_security_group";
    DynamodbTable = "aws_dynamodb_table";
    DynamodbTableReplica = "aws_dynamodb_table_replica";
    Eip = "aws_eip";
    IamInstanceProfile = "aws_iam_instance_profile";
    IamPolicyDocument = "aws_iam_policy_document";
    IamRole = "aws_iam_role";
    IamRolePolicy = "aws_iam_role_policy";
    IamRolePolicyAttachment = "aws_iam_role_policy_attachment";
    InternetGateway = "aws_internet_gateway";
    KmsAlias = "aws_kms_alias";
    KmsKey = "aws_kms_key";
    LambdaFunction = "aws_lambda_function";
    LambdaPermission = "aws_lambda_permission";
    LaunchTemplate = "aws_launch_template";
    Lb = "aws_lb";
    LbListener = "aws_lb_listener";
    LbListenerRule = "aws_lb_listener_rule";
    LbTargetGroup = "aws_lb_target_group";
    LbTargetGroupAttachment = "aws_lb_target_group_attachment";
    NatGateway = "aws_nat_gateway";
    Partition = "aws_partition";
    RdsCluster = "aws_rds_cluster";
    RdsClusterInstance = "aws_rds_cluster_instance";
    RdsClusterParameterGroup = "aws_rds_cluster_parameter_group";
    RdsGlobalCluster = "aws_rds_global_cluster";
    Route = "aws_route";
    Route53HealthCheck = "aws_route53_health_check";
    Route53Record = "aws_route53_record";
    Route53Zone = "aws_route53_zone";
    RouteTable = "aws_route_table";
    RouteTableAssociation = "aws_route_table_association";
    S3Bucket = "aws_s3_bucket";
    S3BucketLifecycleConfiguration = "aws_s3_bucket_lifecycle_configuration";
    S3BucketOwnershipControls = "aws_s3_bucket_ownership_controls";
    S3BucketPolicy = "aws_s3_bucket_policy";
    S3BucketPublicAccessBlock = "aws_s3_bucket_public_access_block";
    S3BucketReplicationConfiguration = "aws_s3_bucket_replication_configuration";
    S3BucketServerSideEncryptionConfiguration = "aws_s3_bucket_server_side_encryption_configuration";
    S3BucketVersioning = "aws_s3_bucket_versioning";
    SchedulerSchedule = "aws_scheduler_schedule";
    SecretsmanagerRandomPassword = "aws_secretsmanager_random_password";
    SecretsmanagerSecret = "aws_secretsmanager_secret";
    SecretsmanagerSecretVersion = "aws_secretsmanager_secret_version";
    SecurityGroup = "aws_security_group";
    SnsTopic = "aws_sns_topic";
    SnsTopicSubscription = "aws_sns_topic_subscription";
    SsmParameter = "aws_ssm_parameter";
    Subnet = "aws_subnet";
    Vpc = "aws_vpc";
    VpcEndpoint = "aws_vpc_endpoint";
    VpcPeeringConnection = "aws_vpc_peering_connection";
    VpcPeeringConnectionAccepter = "aws_vpc_peering_connection_accepter";
    VpcSecurityGroupEgressRule = "aws_vpc_security_group_egress_rule";
    VpcSecurityGroupIngressRule = "aws_vpc_security_group_ingress_rule";
}
